"""the batch record a cleanroom can live in: execution, materials, equipment, training, deviations, review

Revision 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

from mfg.db import Exact, Moment

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

#: columns that older rows get with a value; the upgrade tells the ledger of each
ADDED = (
    ('deviation', 'kind'),
    ('deviation', 'requirement'),
    ('deviation', 'immediate'),
    ('deviation', 'place'),
    ('deviation', 'no_capa_why'),
    ('lot', 'grade'),
    ('lot', 'tse_statement'),
    ('lot', 'critical'),
    ('step', 'skip_reason'),
    ('step_entry', 'alert'),
    ('step_entry', 'late_reason'),
)


def upgrade() -> None:
    op.create_table('area',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('kind', sa.String(length=80), nullable=False),
    sa.Column('name', sa.String(length=2000), nullable=False),
    sa.Column('grade', sa.String(length=80), nullable=False),
    sa.Column('background', sa.String(length=80), nullable=True),
    sa.Column('cleaning_hours', sa.Integer(), nullable=False),
    sa.Column('registered_by', sa.String(length=80), nullable=False),
    sa.Column('registered_at', Moment(), nullable=False),
    sa.Column('state', sa.String(length=80), nullable=False),
    sa.Column('batch', sa.String(length=80), nullable=True),
    sa.Column('recipient', sa.String(length=80), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(kind = 'room') = (background IS NULL)", name=op.f('ck_area_background_of_cabinet')),
    sa.CheckConstraint("grade IN ('A', 'B', 'C', 'D')", name=op.f('ck_area_grade_known')),
    sa.CheckConstraint("kind IN ('room', 'cabinet', 'isolator')", name=op.f('ck_area_kind_known')),
    sa.CheckConstraint("state IN ('on hold', 'released', 'in use', 'cleaning due')", name=op.f('ck_area_state_known')),
    sa.CheckConstraint('(batch IS NULL) = (recipient IS NULL)', name=op.f('ck_area_batch_pair')),
    sa.ForeignKeyConstraint(['background'], ['area.code'], name=op.f('fk_area_background')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_area'))
    )
    op.create_table('article',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('gtin', sa.String(), nullable=False),
    sa.Column('kind', sa.String(length=80), nullable=False),
    sa.Column('name', sa.String(length=2000), nullable=False),
    sa.Column('unit', sa.String(length=80), nullable=False),
    sa.Column('open_life_hours', Exact(6), nullable=True),
    sa.Column('registered_by', sa.String(length=80), nullable=False),
    sa.Column('registered_at', Moment(), nullable=False),
    sa.CheckConstraint("kind IN ('bispecific antibody', 'medium', 'cytokine', 'feeder cells', 'depletion reagent', 'wash buffer', 'formulation', 'bag or set', 'other')", name=op.f('ck_article_kind_known')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_article'))
    )
    with op.batch_alter_table('article', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_article_gtin'), ['gtin'], unique=False)

    op.create_table('capa',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('kind', sa.String(length=80), nullable=False),
    sa.Column('source_kind', sa.String(length=80), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('problem', sa.String(length=2000), nullable=False),
    sa.Column('action', sa.String(length=2000), nullable=False),
    sa.Column('owner', sa.String(length=80), nullable=False),
    sa.Column('due_at', Moment(), nullable=False),
    sa.Column('criterion', sa.String(length=2000), nullable=False),
    sa.Column('check_at', Moment(), nullable=True),
    sa.Column('follows', sa.String(length=80), nullable=True),
    sa.Column('proposed_by', sa.String(length=80), nullable=False),
    sa.Column('proposed_at', Moment(), nullable=False),
    sa.Column('state', sa.String(length=80), nullable=False),
    sa.Column('approved_by', sa.String(length=80), nullable=True),
    sa.Column('approved_at', Moment(), nullable=True),
    sa.Column('started_by', sa.String(length=80), nullable=True),
    sa.Column('started_at', Moment(), nullable=True),
    sa.Column('done', sa.String(length=2000), nullable=False),
    sa.Column('implemented_by', sa.String(length=80), nullable=True),
    sa.Column('implemented_at', Moment(), nullable=True),
    sa.Column('evidence', sa.String(length=2000), nullable=False),
    sa.Column('judged_by', sa.String(length=80), nullable=True),
    sa.Column('judged_at', Moment(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("kind IN ('corrective', 'preventive')", name=op.f('ck_capa_kind_known')),
    sa.CheckConstraint("source_kind IN ('deviation', 'audit')", name=op.f('ck_capa_source_kind_known')),
    sa.CheckConstraint("started_at IS NULL OR (criterion <> '' AND check_at IS NOT NULL)", name=op.f('ck_capa_criterion_first')),
    sa.CheckConstraint("state IN ('approved', 'closed effective', 'effectiveness check', 'implemented', 'in progress', 'ineffective', 'proposed', 'rejected')", name=op.f('ck_capa_state_known')),
    sa.CheckConstraint('(approved_by IS NULL) = (approved_at IS NULL)', name=op.f('ck_capa_approved_by_pair')),
    sa.CheckConstraint('(implemented_by IS NULL) = (implemented_at IS NULL)', name=op.f('ck_capa_implemented_by_pair')),
    sa.CheckConstraint('(judged_by IS NULL) = (judged_at IS NULL)', name=op.f('ck_capa_judged_by_pair')),
    sa.CheckConstraint('(started_by IS NULL) = (started_at IS NULL)', name=op.f('ck_capa_started_by_pair')),
    sa.CheckConstraint('judged_by IS NULL OR (judged_by <> owner AND judged_by <> implemented_by)', name=op.f('ck_capa_judged_by_another')),
    sa.ForeignKeyConstraint(['follows'], ['capa.code'], name=op.f('fk_capa_follows')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_capa'))
    )
    with op.batch_alter_table('capa', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_capa_source'), ['source'], unique=False)

    op.create_table('change',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('title', sa.String(length=2000), nullable=False),
    sa.Column('why', sa.String(length=2000), nullable=False),
    sa.Column('emergency', sa.Boolean(), nullable=False),
    sa.Column('requested_by', sa.String(length=80), nullable=False),
    sa.Column('requested_at', Moment(), nullable=False),
    sa.Column('state', sa.String(length=80), nullable=False),
    sa.Column('approved_by', sa.String(length=80), nullable=True),
    sa.Column('approved_at', Moment(), nullable=True),
    sa.Column('review_due_at', Moment(), nullable=True),
    sa.Column('reviewed_by', sa.String(length=80), nullable=True),
    sa.Column('reviewed_at', Moment(), nullable=True),
    sa.Column('implementation', sa.String(length=2000), nullable=False),
    sa.Column('implemented_by', sa.String(length=80), nullable=True),
    sa.Column('implemented_at', Moment(), nullable=True),
    sa.Column('verification', sa.String(length=2000), nullable=False),
    sa.Column('verified_by', sa.String(length=80), nullable=True),
    sa.Column('verified_at', Moment(), nullable=True),
    sa.Column('conclusion', sa.String(length=2000), nullable=False),
    sa.Column('closed_by', sa.String(length=80), nullable=True),
    sa.Column('closed_at', Moment(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("state IN ('approved', 'closed', 'impact assessed', 'implemented', 'rejected', 'requested', 'verified')", name=op.f('ck_change_state_known')),
    sa.CheckConstraint('(approved_by IS NULL) = (approved_at IS NULL)', name=op.f('ck_change_approved_by_pair')),
    sa.CheckConstraint('(closed_by IS NULL) = (closed_at IS NULL)', name=op.f('ck_change_closed_by_pair')),
    sa.CheckConstraint('(implemented_by IS NULL) = (implemented_at IS NULL)', name=op.f('ck_change_implemented_by_pair')),
    sa.CheckConstraint('(reviewed_by IS NULL) = (reviewed_at IS NULL)', name=op.f('ck_change_reviewed_by_pair')),
    sa.CheckConstraint('(verified_by IS NULL) = (verified_at IS NULL)', name=op.f('ck_change_verified_by_pair')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_change'))
    )
    op.create_table('cleaning',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('of', sa.String(), nullable=False),
    sa.Column('done_at', Moment(), nullable=False),
    sa.Column('how', sa.String(length=2000), nullable=False),
    sa.Column('cleaned_by', sa.String(length=80), nullable=False),
    sa.Column('recorded_at', Moment(), nullable=False),
    sa.Column('checked_by', sa.String(length=80), nullable=True),
    sa.Column('checked_at', Moment(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('(checked_by IS NULL) = (checked_at IS NULL)', name=op.f('ck_cleaning_checked_by_pair')),
    sa.CheckConstraint('checked_by IS NULL OR checked_by <> cleaned_by', name=op.f('ck_cleaning_two_people')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_cleaning'))
    )
    with op.batch_alter_table('cleaning', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_cleaning_of'), ['of'], unique=False)

    op.create_table('curriculum',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('role', sa.String(length=80), nullable=False),
    sa.Column('item', sa.String(), nullable=False),
    sa.Column('required_at', Moment(), nullable=False),
    sa.Column('required_by', sa.String(length=80), nullable=False),
    sa.Column('ended_at', Moment(), nullable=True),
    sa.Column('ended_by', sa.String(length=80), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('(ended_by IS NULL) = (ended_at IS NULL)', name=op.f('ck_curriculum_ended_by_pair')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_curriculum'))
    )
    with op.batch_alter_table('curriculum', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_curriculum_item'), ['item'], unique=False)
        batch_op.create_index('ix_curriculum_once', ['role', 'item'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))

    op.create_table('equipment',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('kind', sa.String(length=80), nullable=False),
    sa.Column('name', sa.String(length=2000), nullable=False),
    sa.Column('serial', sa.String(), nullable=False),
    sa.Column('room', sa.String(length=2000), nullable=False),
    sa.Column('calibration_days', sa.Integer(), nullable=True),
    sa.Column('maintenance_days', sa.Integer(), nullable=True),
    sa.Column('cleaning_rule', sa.String(length=80), nullable=False),
    sa.Column('cleaning_hours', sa.Integer(), nullable=True),
    sa.Column('registered_by', sa.String(length=80), nullable=False),
    sa.Column('registered_at', Moment(), nullable=False),
    sa.Column('state', sa.String(length=80), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("cleaning_rule IN ('not needed', 'before each batch', 'every so many hours', 'before each batch and every so many hours')", name=op.f('ck_equipment_cleaning_rule_known')),
    sa.CheckConstraint("kind IN ('incubator', 'biosafety cabinet', 'isolator', 'centrifuge', 'cell separator', 'cell counter', 'flow cytometer', 'bioreactor', 'balance', 'pipette', 'pump', 'tube sealer', 'water bath', 'refrigerator', 'freezer', 'thermometer', 'particle counter', 'air sampler', 'other')", name=op.f('ck_equipment_kind_known')),
    sa.CheckConstraint("state IN ('installed', 'in service', 'out of service', 'retired')", name=op.f('ck_equipment_state_known')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_equipment')),
    sa.UniqueConstraint('serial', name=op.f('uq_equipment_serial'))
    )
    op.create_table('kept_file',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('name', sa.String(length=2000), nullable=False),
    sa.Column('media_type', sa.String(length=80), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=True),
    sa.Column('by', sa.String(length=80), nullable=False),
    sa.Column('at', Moment(), nullable=False),
    sa.CheckConstraint('size > 0', name=op.f('ck_kept_file_not_empty')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_kept_file'))
    )
    op.create_table('monitoring_limit',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('kind', sa.String(length=80), nullable=False),
    sa.Column('grade', sa.String(length=80), nullable=False),
    sa.Column('condition', sa.String(length=80), nullable=False),
    sa.Column('alert', Exact(6), nullable=True),
    sa.Column('action', Exact(6), nullable=True),
    sa.Column('set_by', sa.String(length=80), nullable=False),
    sa.Column('set_at', Moment(), nullable=False),
    sa.Column('why', sa.String(length=2000), nullable=False),
    sa.CheckConstraint("condition IN ('at rest', 'in operation')", name=op.f('ck_monitoring_limit_condition_known')),
    sa.CheckConstraint("grade IN ('A', 'B', 'C', 'D')", name=op.f('ck_monitoring_limit_grade_known')),
    sa.CheckConstraint("kind IN ('active air', 'settle plate', 'contact plate', 'glove print', 'gown plate', 'particles 0.5 um', 'particles 5 um')", name=op.f('ck_monitoring_limit_kind_known')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_monitoring_limit'))
    )
    op.create_table('standing',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('of', sa.String(), nullable=False),
    sa.Column('state', sa.String(length=80), nullable=False),
    sa.Column('verb', sa.String(length=80), nullable=False),
    sa.Column('at', Moment(), nullable=False),
    sa.Column('by', sa.String(length=80), nullable=False),
    sa.Column('why', sa.String(length=2000), nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_standing'))
    )
    with op.batch_alter_table('standing', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_standing_of'), ['of'], unique=False)

    op.create_table('supervision',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('person', sa.String(length=80), nullable=False),
    sa.Column('trainer', sa.String(length=80), nullable=False),
    sa.Column('on_code', sa.String(), nullable=False),
    sa.Column('within', sa.String(length=80), nullable=False),
    sa.Column('at', Moment(), nullable=False),
    sa.CheckConstraint('trainer <> person', name=op.f('ck_supervision_two_people')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_supervision'))
    )
    with op.batch_alter_table('supervision', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_supervision_on_code'), ['on_code'], unique=False)

    op.create_table('supplier',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('state', sa.String(length=80), nullable=False),
    sa.Column('remark', sa.String(length=2000), nullable=False),
    sa.Column('decided_by', sa.String(length=80), nullable=True),
    sa.Column('decided_at', Moment(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("state IN ('proposed', 'qualified', 'conditional', 'disqualified')", name=op.f('ck_supplier_state_known')),
    sa.CheckConstraint('(decided_by IS NULL) = (decided_at IS NULL)', name=op.f('ck_supplier_decided_by_pair')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_supplier')),
    sa.UniqueConstraint('name', name=op.f('uq_supplier_name'))
    )
    op.create_table('training',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('person', sa.String(length=80), nullable=False),
    sa.Column('item', sa.String(), nullable=False),
    sa.Column('document', sa.String(length=80), nullable=True),
    sa.Column('state', sa.String(length=80), nullable=False),
    sa.Column('came_by', sa.String(length=80), nullable=False),
    sa.Column('assigned_at', Moment(), nullable=False),
    sa.Column('assigned_by', sa.String(length=80), nullable=False),
    sa.Column('due_at', Moment(), nullable=True),
    sa.Column('trained_at', Moment(), nullable=True),
    sa.Column('completed_at', Moment(), nullable=True),
    sa.Column('trainer', sa.String(length=80), nullable=True),
    sa.Column('decided_at', Moment(), nullable=True),
    sa.Column('result', sa.String(length=2000), nullable=False),
    sa.Column('evidence', sa.String(length=2000), nullable=False),
    sa.Column('file', sa.String(length=80), nullable=True),
    sa.Column('valid_from', Moment(), nullable=True),
    sa.Column('valid_until', Moment(), nullable=True),
    sa.Column('ended_at', Moment(), nullable=True),
    sa.Column('ended_by', sa.String(length=80), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("came_by IN ('assignment', 'new version', 'requirement', 'paper')", name=op.f('ck_training_came_by_known')),
    sa.CheckConstraint("state <> 'qualified' OR valid_from IS NOT NULL", name=op.f('ck_training_qualified_from')),
    sa.CheckConstraint("state IN ('assigned', 'done', 'qualified', 'failed', 'withdrawn', 'superseded')", name=op.f('ck_training_state_known')),
    sa.CheckConstraint('(ended_by IS NULL) = (ended_at IS NULL)', name=op.f('ck_training_ended_by_pair')),
    sa.CheckConstraint('(trainer IS NULL) = (decided_at IS NULL)', name=op.f('ck_training_trainer_pair')),
    sa.CheckConstraint('trainer <> person', name=op.f('ck_training_two_people')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_training'))
    )
    with op.batch_alter_table('training', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_training_item'), ['item'], unique=False)
        batch_op.create_index('ix_training_person_item', ['person', 'item'], unique=False)

    op.create_table('training_item',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('kind', sa.String(length=80), nullable=False),
    sa.Column('title', sa.String(length=2000), nullable=False),
    sa.Column('valid_months', sa.Integer(), nullable=True),
    sa.Column('assessed', sa.Boolean(), nullable=False),
    sa.Column('defined_by', sa.String(length=80), nullable=False),
    sa.Column('defined_at', Moment(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("kind IN ('procedure', 'gowning', 'media fill', 'aseptic requalification', 'gmp', 'system use', 'e-signature policy', 'colour vision', 'equipment', 'other')", name=op.f('ck_training_item_kind_known')),
    sa.CheckConstraint('valid_months > 0', name=op.f('ck_training_item_valid_months_positive')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_training_item'))
    )
    op.create_table('affected',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('deviation', sa.String(length=80), nullable=False),
    sa.Column('record', sa.String(), nullable=False),
    sa.Column('why', sa.String(length=2000), nullable=False),
    sa.Column('named_by', sa.String(length=80), nullable=False),
    sa.Column('named_at', Moment(), nullable=False),
    sa.Column('lifted_by', sa.String(length=80), nullable=True),
    sa.Column('lifted_at', Moment(), nullable=True),
    sa.Column('lifted_why', sa.String(length=2000), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('(lifted_by IS NULL) = (lifted_at IS NULL)', name=op.f('ck_affected_lifted_by_pair')),
    sa.ForeignKeyConstraint(['deviation'], ['deviation.code'], name=op.f('fk_affected_deviation')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_affected'))
    )
    with op.batch_alter_table('affected', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_affected_deviation'), ['deviation'], unique=False)
        batch_op.create_index(batch_op.f('ix_affected_record'), ['record'], unique=False)

    op.create_table('blank_issue',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('document', sa.String(length=80), nullable=False),
    sa.Column('document_hash', sa.String(length=80), nullable=False),
    sa.Column('batch', sa.String(), nullable=True),
    sa.Column('sheets', sa.Integer(), nullable=False),
    sa.Column('file', sa.String(length=80), nullable=False),
    sa.Column('reason', sa.String(length=2000), nullable=False),
    sa.Column('issued_by', sa.String(length=80), nullable=False),
    sa.Column('issued_at', Moment(), nullable=False),
    sa.ForeignKeyConstraint(['document'], ['document.code'], name=op.f('fk_blank_issue_document')),
    sa.ForeignKeyConstraint(['file'], ['kept_file.code'], name=op.f('fk_blank_issue_file')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_blank_issue'))
    )
    with op.batch_alter_table('blank_issue', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_blank_issue_batch'), ['batch'], unique=False)

    op.create_table('calibration',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('equipment', sa.String(length=80), nullable=False),
    sa.Column('point', sa.String(length=2000), nullable=False),
    sa.Column('reference', Exact(6), nullable=False),
    sa.Column('tolerance', Exact(6), nullable=False),
    sa.Column('as_found', Exact(6), nullable=False),
    sa.Column('as_left', Exact(6), nullable=False),
    sa.Column('unit', sa.String(length=80), nullable=False),
    sa.Column('found_within', sa.Boolean(), nullable=False),
    sa.Column('left_within', sa.Boolean(), nullable=False),
    sa.Column('certificate', sa.String(length=2000), nullable=False),
    sa.Column('file', sa.String(length=80), nullable=True),
    sa.Column('calibrated_at', Moment(), nullable=False),
    sa.Column('due_at', Moment(), nullable=False),
    sa.Column('recorded_by', sa.String(length=80), nullable=False),
    sa.Column('recorded_at', Moment(), nullable=False),
    sa.Column('confirmed_by', sa.String(length=80), nullable=True),
    sa.Column('confirmed_at', Moment(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('(confirmed_by IS NULL) = (confirmed_at IS NULL)', name=op.f('ck_calibration_confirmed_by_pair')),
    sa.CheckConstraint('confirmed_by IS NULL OR confirmed_by <> recorded_by', name=op.f('ck_calibration_two_people')),
    sa.CheckConstraint('tolerance >= 0', name=op.f('ck_calibration_distance')),
    sa.ForeignKeyConstraint(['equipment'], ['equipment.code'], name=op.f('fk_calibration_equipment')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_calibration'))
    )
    with op.batch_alter_table('calibration', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_calibration_equipment'), ['equipment'], unique=False)

    op.create_table('change_document',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('change', sa.String(length=80), nullable=False),
    sa.Column('document', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['change'], ['change.code'], name=op.f('fk_change_document_change')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_change_document')),
    sa.UniqueConstraint('change', 'document', name=op.f('uq_change_document_change_document'))
    )
    with op.batch_alter_table('change_document', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_change_document_change'), ['change'], unique=False)
        batch_op.create_index(batch_op.f('ix_change_document_document'), ['document'], unique=False)

    op.create_table('change_impact',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('change', sa.String(length=80), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('area', sa.String(length=80), nullable=False),
    sa.Column('affected', sa.Boolean(), nullable=False),
    sa.Column('why', sa.String(length=2000), nullable=False),
    sa.Column('by', sa.String(length=80), nullable=False),
    sa.Column('at', Moment(), nullable=False),
    sa.CheckConstraint("area IN ('validation', 'regulatory', 'training', 'documents', 'ethics')", name=op.f('ck_change_impact_area_known')),
    sa.ForeignKeyConstraint(['change'], ['change.code'], name=op.f('fk_change_impact_change')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_change_impact')),
    sa.UniqueConstraint('change', 'attempt', 'area', name=op.f('uq_change_impact_change_attempt_area'))
    )
    with op.batch_alter_table('change_impact', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_change_impact_change'), ['change'], unique=False)

    op.create_table('equipment_use',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('equipment', sa.String(length=80), nullable=False),
    sa.Column('within', sa.String(), nullable=False),
    sa.Column('on_code', sa.String(length=80), nullable=False),
    sa.Column('by', sa.String(length=80), nullable=False),
    sa.Column('at', Moment(), nullable=False),
    sa.ForeignKeyConstraint(['equipment'], ['equipment.code'], name=op.f('fk_equipment_use_equipment')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_equipment_use')),
    sa.UniqueConstraint('equipment', 'on_code', 'at', name=op.f('uq_equipment_use_equipment_on_code_at'))
    )
    with op.batch_alter_table('equipment_use', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_equipment_use_equipment'), ['equipment'], unique=False)
        batch_op.create_index(batch_op.f('ix_equipment_use_within'), ['within'], unique=False)

    op.create_table('investigation',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('deviation', sa.String(length=80), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('findings', sa.String(length=2000), nullable=False),
    sa.Column('root_cause', sa.String(length=2000), nullable=False),
    sa.Column('method', sa.String(length=80), nullable=False),
    sa.Column('product_impact', sa.String(length=2000), nullable=False),
    sa.Column('patient_impact', sa.String(length=2000), nullable=False),
    sa.Column('others_affected', sa.String(length=80), nullable=False),
    sa.Column('others_why', sa.String(length=2000), nullable=False),
    sa.Column('recurrence', sa.String(length=2000), nullable=False),
    sa.Column('by', sa.String(length=80), nullable=False),
    sa.Column('at', Moment(), nullable=False),
    sa.CheckConstraint("others_affected IN ('yes', 'no', 'not known')", name=op.f('ck_investigation_others_affected_known')),
    sa.ForeignKeyConstraint(['deviation'], ['deviation.code'], name=op.f('fk_investigation_deviation')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_investigation')),
    sa.UniqueConstraint('deviation', 'number', name=op.f('uq_investigation_deviation_number'))
    )
    with op.batch_alter_table('investigation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_investigation_deviation'), ['deviation'], unique=False)

    op.create_table('line_clearance',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('area', sa.String(length=80), nullable=False),
    sa.Column('batch', sa.String(), nullable=False),
    sa.Column('kind', sa.String(length=80), nullable=False),
    sa.Column('no_material', sa.Boolean(), nullable=False),
    sa.Column('no_labels', sa.Boolean(), nullable=False),
    sa.Column('no_records', sa.Boolean(), nullable=False),
    sa.Column('cleaning_valid', sa.Boolean(), nullable=False),
    sa.Column('right_documents', sa.Boolean(), nullable=False),
    sa.Column('cleared_by', sa.String(length=80), nullable=False),
    sa.Column('cleared_at', Moment(), nullable=False),
    sa.Column('recorded_at', Moment(), nullable=False),
    sa.Column('confirmed_by', sa.String(length=80), nullable=True),
    sa.Column('confirmed_at', Moment(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("kind IN ('before', 'after')", name=op.f('ck_line_clearance_kind_known')),
    sa.CheckConstraint('(confirmed_by IS NULL) = (confirmed_at IS NULL)', name=op.f('ck_line_clearance_confirmed_by_pair')),
    sa.CheckConstraint('confirmed_by IS NULL OR confirmed_by <> cleared_by', name=op.f('ck_line_clearance_two_people')),
    sa.CheckConstraint('no_material AND no_labels AND no_records AND cleaning_valid AND right_documents', name=op.f('ck_line_clearance_everything_found_so')),
    sa.ForeignKeyConstraint(['area'], ['area.code'], name=op.f('fk_line_clearance_area')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_line_clearance'))
    )
    with op.batch_alter_table('line_clearance', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_line_clearance_area'), ['area'], unique=False)
        batch_op.create_index(batch_op.f('ix_line_clearance_batch'), ['batch'], unique=False)

    op.create_table('maintenance',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('equipment', sa.String(length=80), nullable=False),
    sa.Column('done_at', Moment(), nullable=False),
    sa.Column('what', sa.String(length=2000), nullable=False),
    sa.Column('due_at', Moment(), nullable=False),
    sa.Column('recorded_by', sa.String(length=80), nullable=False),
    sa.Column('recorded_at', Moment(), nullable=False),
    sa.ForeignKeyConstraint(['equipment'], ['equipment.code'], name=op.f('fk_maintenance_equipment')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_maintenance'))
    )
    with op.batch_alter_table('maintenance', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_maintenance_equipment'), ['equipment'], unique=False)

    op.create_table('monitoring_session',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('area', sa.String(length=80), nullable=False),
    sa.Column('batch', sa.String(), nullable=True),
    sa.Column('condition', sa.String(length=80), nullable=False),
    sa.Column('purpose', sa.String(length=2000), nullable=False),
    sa.Column('planned_by', sa.String(length=80), nullable=False),
    sa.Column('planned_at', Moment(), nullable=False),
    sa.Column('state', sa.String(length=80), nullable=False),
    sa.Column('exposed_from', Moment(), nullable=True),
    sa.Column('exposed_until', Moment(), nullable=True),
    sa.Column('incubated_at', Moment(), nullable=True),
    sa.Column('incubation', sa.String(length=2000), nullable=False),
    sa.Column('verdict', sa.String(length=80), nullable=False),
    sa.Column('reviewed_by', sa.String(length=80), nullable=True),
    sa.Column('reviewed_at', Moment(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("condition IN ('at rest', 'in operation')", name=op.f('ck_monitoring_session_condition_known')),
    sa.CheckConstraint("state IN ('planned', 'exposed', 'incubating', 'read', 'reviewed')", name=op.f('ck_monitoring_session_state_known')),
    sa.CheckConstraint("verdict IN ('', 'ACTION', 'CANNOT DETERMINE', 'ALERT', 'WITHIN')", name=op.f('ck_monitoring_session_verdict_known')),
    sa.CheckConstraint('(reviewed_by IS NULL) = (reviewed_at IS NULL)', name=op.f('ck_monitoring_session_reviewed_by_pair')),
    sa.ForeignKeyConstraint(['area'], ['area.code'], name=op.f('fk_monitoring_session_area')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_monitoring_session'))
    )
    with op.batch_alter_table('monitoring_session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_monitoring_session_area'), ['area'], unique=False)
        batch_op.create_index(batch_op.f('ix_monitoring_session_batch'), ['batch'], unique=False)

    op.create_table('no_impact',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('deviation', sa.String(length=80), nullable=False),
    sa.Column('dose', sa.String(), nullable=False),
    sa.Column('severity', sa.String(length=80), nullable=False),
    sa.Column('why', sa.String(length=2000), nullable=False),
    sa.Column('found_by', sa.String(length=80), nullable=False),
    sa.Column('found_at', Moment(), nullable=False),
    sa.Column('withdrawn_by', sa.String(length=80), nullable=True),
    sa.Column('withdrawn_at', Moment(), nullable=True),
    sa.Column('withdrawn_why', sa.String(length=2000), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("severity IN ('minor', 'major')", name=op.f('ck_no_impact_severity_known')),
    sa.CheckConstraint('(withdrawn_by IS NULL) = (withdrawn_at IS NULL)', name=op.f('ck_no_impact_withdrawn_by_pair')),
    sa.ForeignKeyConstraint(['deviation'], ['deviation.code'], name=op.f('fk_no_impact_deviation')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_no_impact'))
    )
    with op.batch_alter_table('no_impact', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_no_impact_deviation'), ['deviation'], unique=False)
        batch_op.create_index(batch_op.f('ix_no_impact_dose'), ['dose'], unique=False)

    op.create_table('occupancy',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('area', sa.String(length=80), nullable=False),
    sa.Column('batch', sa.String(), nullable=False),
    sa.Column('recipient', sa.String(length=80), nullable=False),
    sa.Column('on_code', sa.String(length=80), nullable=False),
    sa.Column('entered_at', Moment(), nullable=False),
    sa.Column('entered_by', sa.String(length=80), nullable=False),
    sa.Column('left_at', Moment(), nullable=True),
    sa.Column('left_by', sa.String(length=80), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('(left_by IS NULL) = (left_at IS NULL)', name=op.f('ck_occupancy_left_by_pair')),
    sa.ForeignKeyConstraint(['area'], ['area.code'], name=op.f('fk_occupancy_area')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_occupancy'))
    )
    with op.batch_alter_table('occupancy', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_occupancy_area'), ['area'], unique=False)
        batch_op.create_index(batch_op.f('ix_occupancy_batch'), ['batch'], unique=False)

    op.create_table('consumption',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('lot', sa.String(length=80), nullable=False),
    sa.Column('within', sa.String(), nullable=False),
    sa.Column('on_code', sa.String(), nullable=False),
    sa.Column('field', sa.String(length=80), nullable=False),
    sa.Column('kind', sa.String(length=80), nullable=False),
    sa.Column('amount', Exact(6), nullable=False),
    sa.Column('unit', sa.String(length=80), nullable=False),
    sa.Column('by', sa.String(length=80), nullable=False),
    sa.Column('at', Moment(), nullable=False),
    sa.Column('supersedes', sa.String(length=80), nullable=True),
    sa.Column('reason', sa.String(length=2000), nullable=False),
    sa.CheckConstraint("kind IN ('issued', 'used', 'wasted', 'returned')", name=op.f('ck_consumption_kind_known')),
    sa.CheckConstraint('amount >= 0', name=op.f('ck_consumption_not_negative')),
    sa.ForeignKeyConstraint(['lot'], ['lot.code'], name=op.f('fk_consumption_lot')),
    sa.ForeignKeyConstraint(['supersedes'], ['consumption.code'], name=op.f('fk_consumption_supersedes')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_consumption')),
    sa.UniqueConstraint('supersedes', name=op.f('uq_consumption_supersedes'))
    )
    with op.batch_alter_table('consumption', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_consumption_lot'), ['lot'], unique=False)
        batch_op.create_index(batch_op.f('ix_consumption_on_code'), ['on_code'], unique=False)
        batch_op.create_index(batch_op.f('ix_consumption_within'), ['within'], unique=False)

    op.create_table('lot_opening',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('lot', sa.String(length=80), nullable=False),
    sa.Column('opened_at', Moment(), nullable=False),
    sa.Column('good_until', Moment(), nullable=False),
    sa.Column('opened_by', sa.String(length=80), nullable=False),
    sa.Column('recorded_at', Moment(), nullable=False),
    sa.ForeignKeyConstraint(['lot'], ['lot.code'], name=op.f('fk_lot_opening_lot')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_lot_opening'))
    )
    with op.batch_alter_table('lot_opening', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_lot_opening_lot'), ['lot'], unique=False)

    op.create_table('monitoring_link',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('session', sa.String(length=80), nullable=False),
    sa.Column('batch', sa.String(), nullable=False),
    sa.Column('step', sa.String(length=80), nullable=False),
    sa.Column('by', sa.String(length=80), nullable=False),
    sa.Column('at', Moment(), nullable=False),
    sa.ForeignKeyConstraint(['session'], ['monitoring_session.code'], name=op.f('fk_monitoring_link_session')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_monitoring_link')),
    sa.UniqueConstraint('session', 'step', name=op.f('uq_monitoring_link_session_step'))
    )
    with op.batch_alter_table('monitoring_link', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_monitoring_link_batch'), ['batch'], unique=False)
        batch_op.create_index(batch_op.f('ix_monitoring_link_session'), ['session'], unique=False)

    op.create_table('paper_sheet',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('issue', sa.String(length=80), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=80), nullable=False),
    sa.Column('returned_by', sa.String(length=80), nullable=True),
    sa.Column('returned_at', Moment(), nullable=True),
    sa.Column('settled_by', sa.String(length=80), nullable=True),
    sa.Column('settled_at', Moment(), nullable=True),
    sa.Column('told', sa.String(length=2000), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("state IN ('destroyed', 'issued', 'lost', 'returned', 'transcribed')", name=op.f('ck_paper_sheet_state_known')),
    sa.CheckConstraint('(returned_by IS NULL) = (returned_at IS NULL)', name=op.f('ck_paper_sheet_returned_by_pair')),
    sa.CheckConstraint('(settled_by IS NULL) = (settled_at IS NULL)', name=op.f('ck_paper_sheet_settled_by_pair')),
    sa.ForeignKeyConstraint(['issue'], ['blank_issue.code'], name=op.f('fk_paper_sheet_issue')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_paper_sheet')),
    sa.UniqueConstraint('issue', 'number', name=op.f('uq_paper_sheet_issue_number'))
    )
    with op.batch_alter_table('paper_sheet', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_paper_sheet_issue'), ['issue'], unique=False)

    op.create_table('plate',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('session', sa.String(length=80), nullable=False),
    sa.Column('kind', sa.String(length=80), nullable=False),
    sa.Column('grade', sa.String(length=80), nullable=False),
    sa.Column('location', sa.String(length=2000), nullable=False),
    sa.Column('plate_id', sa.String(length=80), nullable=False),
    sa.Column('operator', sa.String(length=80), nullable=False),
    sa.Column('media_lot', sa.String(length=80), nullable=False),
    sa.Column('litres', Exact(6), nullable=True),
    sa.Column('exposed_from', Moment(), nullable=True),
    sa.Column('exposed_until', Moment(), nullable=True),
    sa.Column('added_by', sa.String(length=80), nullable=False),
    sa.Column('added_at', Moment(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("grade IN ('A', 'B', 'C', 'D')", name=op.f('ck_plate_grade_known')),
    sa.CheckConstraint("kind IN ('active air', 'settle plate', 'contact plate', 'glove print', 'gown plate', 'particles 0.5 um', 'particles 5 um')", name=op.f('ck_plate_kind_known')),
    sa.ForeignKeyConstraint(['session'], ['monitoring_session.code'], name=op.f('fk_plate_session')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_plate')),
    sa.UniqueConstraint('session', 'plate_id', name=op.f('uq_plate_session_plate_id'))
    )
    with op.batch_alter_table('plate', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_plate_session'), ['session'], unique=False)

    op.create_table('reconciliation',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('lot', sa.String(length=80), nullable=False),
    sa.Column('counted', Exact(6), nullable=False),
    sa.Column('computed', Exact(6), nullable=False),
    sa.Column('unit', sa.String(length=80), nullable=False),
    sa.Column('verdict', sa.String(length=80), nullable=False),
    sa.Column('state', sa.String(length=80), nullable=False),
    sa.Column('counted_by', sa.String(length=80), nullable=False),
    sa.Column('counted_at', Moment(), nullable=False),
    sa.Column('confirmed_by', sa.String(length=80), nullable=True),
    sa.Column('confirmed_at', Moment(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("state IN ('counted', 'confirmed', 'replaced')", name=op.f('ck_reconciliation_state_known')),
    sa.CheckConstraint('(confirmed_by IS NULL) = (confirmed_at IS NULL)', name=op.f('ck_reconciliation_confirmed_by_pair')),
    sa.CheckConstraint('confirmed_by IS NULL OR confirmed_by <> counted_by', name=op.f('ck_reconciliation_two_people')),
    sa.ForeignKeyConstraint(['lot'], ['lot.code'], name=op.f('fk_reconciliation_lot')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_reconciliation'))
    )
    with op.batch_alter_table('reconciliation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reconciliation_lot'), ['lot'], unique=False)

    op.create_table('personnel_action',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('person', sa.String(), nullable=False),
    sa.Column('plate', sa.String(length=80), nullable=False),
    sa.Column('at', Moment(), nullable=False),
    sa.Column('why', sa.String(length=2000), nullable=False),
    sa.ForeignKeyConstraint(['plate'], ['plate.code'], name=op.f('fk_personnel_action_plate')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_personnel_action'))
    )
    with op.batch_alter_table('personnel_action', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_personnel_action_person'), ['person'], unique=False)

    op.create_table('plate_reading',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('plate', sa.String(length=80), nullable=False),
    sa.Column('count', sa.String(length=80), nullable=False),
    sa.Column('lost', sa.String(length=2000), nullable=False),
    sa.Column('word', sa.String(length=80), nullable=False),
    sa.Column('why', sa.String(length=2000), nullable=False),
    sa.Column('action', Exact(6), nullable=True),
    sa.Column('alert', Exact(6), nullable=True),
    sa.Column('read_by', sa.String(length=80), nullable=False),
    sa.Column('read_at', Moment(), nullable=False),
    sa.Column('reason', sa.String(length=2000), nullable=False),
    sa.Column('supersedes', sa.String(length=80), nullable=True),
    sa.CheckConstraint("(count = '') = (lost <> '')", name=op.f('ck_plate_reading_count_or_reason')),
    sa.CheckConstraint("word IN ('ACTION', 'CANNOT DETERMINE', 'ALERT', 'WITHIN')", name=op.f('ck_plate_reading_word_known')),
    sa.ForeignKeyConstraint(['plate'], ['plate.code'], name=op.f('fk_plate_reading_plate')),
    sa.ForeignKeyConstraint(['supersedes'], ['plate_reading.code'], name=op.f('fk_plate_reading_supersedes')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_plate_reading')),
    sa.UniqueConstraint('supersedes', name=op.f('uq_plate_reading_supersedes'))
    )
    with op.batch_alter_table('plate_reading', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_plate_reading_plate'), ['plate'], unique=False)

    op.create_table('hold',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('batch', sa.String(length=80), nullable=False),
    sa.Column('hold_id', sa.String(length=80), nullable=False),
    sa.Column('stage', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('started_at', Moment(), nullable=True),
    sa.Column('stopped_at', Moment(), nullable=True),
    sa.Column('used_seconds', Exact(6), nullable=False),
    sa.Column('warn_at', Moment(), nullable=True),
    sa.Column('limit_at', Moment(), nullable=True),
    sa.Column('breached_at', Moment(), nullable=True),
    sa.Column('deviation', sa.String(length=80), nullable=True),
    sa.Column('continued_by', sa.String(length=80), nullable=True),
    sa.Column('continued_at', Moment(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("state <> 'running' OR limit_at IS NOT NULL", name=op.f('ck_hold_running_ends')),
    sa.CheckConstraint("state IN ('running', 'stopped', 'stopped in time', 'breached', 'continued')", name=op.f('ck_hold_state_known')),
    sa.CheckConstraint("state NOT IN ('breached', 'continued') OR breached_at IS NOT NULL", name=op.f('ck_hold_breach_noted')),
    sa.CheckConstraint('(breached_at IS NULL) = (deviation IS NULL)', name=op.f('ck_hold_breached_at_pair')),
    sa.CheckConstraint('(continued_by IS NULL) = (continued_at IS NULL)', name=op.f('ck_hold_continued_by_pair')),
    sa.CheckConstraint('(limit_at IS NULL) = (warn_at IS NULL)', name=op.f('ck_hold_limit_pair')),
    sa.ForeignKeyConstraint(['batch'], ['batch.code'], name=op.f('fk_hold_batch')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_hold')),
    sa.UniqueConstraint('batch', 'hold_id', 'stage', name=op.f('uq_hold_batch_hold_id_stage'))
    )
    with op.batch_alter_table('hold', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_hold_batch'), ['batch'], unique=False)
        batch_op.create_index(batch_op.f('ix_hold_state'), ['state'], unique=False)

    op.create_table('review',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('batch', sa.String(length=80), nullable=False),
    sa.Column('stage', sa.Integer(), nullable=True),
    sa.Column('record_hash', sa.String(length=80), nullable=False),
    sa.Column('seed', sa.String(length=80), nullable=False),
    sa.Column('drawn', sa.Text(), nullable=False),
    sa.Column('begun_by', sa.String(length=80), nullable=False),
    sa.Column('begun_at', Moment(), nullable=False),
    sa.Column('state', sa.String(length=80), nullable=False),
    sa.Column('statement', sa.Text(), nullable=False),
    sa.Column('ended_by', sa.String(length=80), nullable=True),
    sa.Column('ended_at', Moment(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("state IN ('begun', 'signed', 'returned')", name=op.f('ck_review_state_known')),
    sa.CheckConstraint('(ended_by IS NULL) = (ended_at IS NULL)', name=op.f('ck_review_ended_by_pair')),
    sa.ForeignKeyConstraint(['batch'], ['batch.code'], name=op.f('fk_review_batch')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_review'))
    )
    with op.batch_alter_table('review', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_review_batch'), ['batch'], unique=False)

    op.create_table('attachment',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('step', sa.String(length=80), nullable=False),
    sa.Column('field', sa.String(length=80), nullable=True),
    sa.Column('file', sa.String(length=80), nullable=False),
    sa.Column('caption', sa.String(length=2000), nullable=False),
    sa.Column('by', sa.String(length=80), nullable=False),
    sa.Column('at', Moment(), nullable=False),
    sa.ForeignKeyConstraint(['file'], ['kept_file.code'], name=op.f('fk_attachment_file')),
    sa.ForeignKeyConstraint(['step'], ['step.code'], name=op.f('fk_attachment_step')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_attachment'))
    )
    with op.batch_alter_table('attachment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attachment_step'), ['step'], unique=False)

    op.create_table('redline',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('batch', sa.String(length=80), nullable=False),
    sa.Column('step', sa.String(length=80), nullable=False),
    sa.Column('step_id', sa.String(length=80), nullable=False),
    sa.Column('repeat', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=80), nullable=False),
    sa.Column('change', sa.Text(), nullable=False),
    sa.Column('was', sa.Text(), nullable=False),
    sa.Column('becomes', sa.Text(), nullable=False),
    sa.Column('reason', sa.String(length=2000), nullable=False),
    sa.Column('proposed_by', sa.String(length=80), nullable=False),
    sa.Column('proposed_at', Moment(), nullable=False),
    sa.Column('state', sa.String(length=80), nullable=False),
    sa.Column('decided_by', sa.String(length=80), nullable=True),
    sa.Column('decided_at', Moment(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("kind IN ('instruction', 'limits', 'field', 'step')", name=op.f('ck_redline_kind_known')),
    sa.CheckConstraint("state IN ('proposed', 'approved', 'rejected')", name=op.f('ck_redline_state_known')),
    sa.CheckConstraint('(decided_by IS NULL) = (decided_at IS NULL)', name=op.f('ck_redline_decided_by_pair')),
    sa.CheckConstraint('decided_by IS NULL OR decided_by <> proposed_by', name=op.f('ck_redline_two_people')),
    sa.ForeignKeyConstraint(['batch'], ['batch.code'], name=op.f('fk_redline_batch')),
    sa.ForeignKeyConstraint(['step'], ['step.code'], name=op.f('fk_redline_step')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_redline'))
    )
    with op.batch_alter_table('redline', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_redline_batch'), ['batch'], unique=False)

    op.create_table('review_mark',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('review', sa.String(length=80), nullable=False),
    sa.Column('kind', sa.String(length=80), nullable=False),
    sa.Column('key', sa.String(length=80), nullable=False),
    sa.Column('told', sa.String(length=2000), nullable=False),
    sa.Column('good', sa.Boolean(), nullable=False),
    sa.Column('by', sa.String(length=80), nullable=False),
    sa.Column('at', Moment(), nullable=False),
    sa.CheckConstraint("kind IN ('exception', 'point', 'step')", name=op.f('ck_review_mark_kind_known')),
    sa.ForeignKeyConstraint(['review'], ['review.code'], name=op.f('fk_review_mark_review')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_review_mark')),
    sa.UniqueConstraint('review', 'key', name=op.f('uq_review_mark_review_key'))
    )
    with op.batch_alter_table('review_mark', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_review_mark_review'), ['review'], unique=False)

    with op.batch_alter_table('deviation', schema=None) as batch_op:
        batch_op.add_column(sa.Column('kind', sa.String(), server_default='other', nullable=False))
        batch_op.add_column(sa.Column('requirement', sa.String(length=2000), server_default='', nullable=False))
        batch_op.add_column(sa.Column('immediate', sa.String(length=2000), server_default='', nullable=False))
        batch_op.add_column(sa.Column('place', sa.String(length=2000), server_default='', nullable=False))
        batch_op.add_column(sa.Column('happened_at', Moment(), nullable=True))
        batch_op.add_column(sa.Column('confirmed_by', sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column('confirmed_at', Moment(), nullable=True))
        batch_op.add_column(sa.Column('due_at', Moment(), nullable=True))
        batch_op.add_column(sa.Column('classified_by', sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column('classified_at', Moment(), nullable=True))
        batch_op.add_column(sa.Column('stands', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('submitted_by', sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column('submitted_at', Moment(), nullable=True))
        batch_op.add_column(sa.Column('no_capa_why', sa.String(length=2000), server_default='', nullable=False))
        batch_op.add_column(sa.Column('void_ground', sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column('duplicate_of', sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column('added_at', Moment(), nullable=True))
        batch_op.create_index(batch_op.f('ix_deviation_kind'), ['kind'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_deviation_duplicate_of'), 'deviation', ['duplicate_of'], ['code'])

    with op.batch_alter_table('document', schema=None) as batch_op:
        batch_op.add_column(sa.Column('file', sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column('submitted_at', Moment(), nullable=True))
        batch_op.add_column(sa.Column('returned_by', sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column('returned_at', Moment(), nullable=True))
        batch_op.add_column(sa.Column('change', sa.String(length=80), nullable=True))

    with op.batch_alter_table('lot', schema=None) as batch_op:
        batch_op.add_column(sa.Column('certificate_file', sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column('quantity', Exact(6), nullable=True))
        batch_op.add_column(sa.Column('quantity_unit', sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column('containers', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('open_life_hours', Exact(6), nullable=True))
        batch_op.add_column(sa.Column('loss_limit_percent', Exact(6), nullable=True))
        batch_op.add_column(sa.Column('grade', sa.String(length=80), server_default='', nullable=False))
        batch_op.add_column(sa.Column('animal_origin', sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column('tse_statement', sa.String(length=2000), server_default='', nullable=False))
        batch_op.add_column(sa.Column('critical', sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.add_column(sa.Column('gtin', sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column('serial', sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column('blocked_from', sa.String(length=80), nullable=True))
        batch_op.create_index(batch_op.f('ix_lot_supplier_lot'), ['supplier_lot'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_lot_certificate_file'), 'kept_file', ['certificate_file'], ['code'])

    with op.batch_alter_table('step', schema=None) as batch_op:
        batch_op.add_column(sa.Column('responsible', sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column('skipped_by', sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column('skipped_at', Moment(), nullable=True))
        batch_op.add_column(sa.Column('skip_reason', sa.String(length=2000), server_default='', nullable=False))

    with op.batch_alter_table('step_entry', schema=None) as batch_op:
        batch_op.add_column(sa.Column('alert', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('read_at', Moment(), nullable=True))
        batch_op.add_column(sa.Column('late_reason', sa.String(length=2000), server_default='', nullable=False))
        batch_op.add_column(sa.Column('paper', sa.String(length=80), nullable=True))

    # What the database itself holds to be true, and the values that only older rows needed.
    with op.batch_alter_table('deviation', schema=None) as batch_op:
        batch_op.create_check_constraint(op.f('ck_deviation_classified_by_pair'), '(classified_by IS NULL) = (classified_at IS NULL)')
        batch_op.create_check_constraint(op.f('ck_deviation_confirmed_by_pair'), '(confirmed_by IS NULL) = (confirmed_at IS NULL)')
        batch_op.create_check_constraint(op.f('ck_deviation_kind_known'), "kind IN ('limit breach', 'hold breach', 'late step', 'late entry', 'skipped step', 'custody gap', 'monitoring action', 'label mismatch', 'identity mismatch', 'wrong infusion time', 'equipment lapse', 'training lapse', 'reconciliation', 'recall', 'redline', 'sterility positive', 'wrong dose', 'under-dose', 'missing observation', 'expired product', 'donor eligibility', 'audit trail gap', 'documentation', 'other')")
        batch_op.drop_constraint(op.f('ck_deviation_state_known'), type_='check')
        batch_op.create_check_constraint(op.f('ck_deviation_state_known'), "state IN ('QA review', 'classified', 'closed', 'draft', 'investigating', 'open', 'reopened', 'void')")
        batch_op.create_check_constraint(op.f('ck_deviation_submitted_by_pair'), '(submitted_by IS NULL) = (submitted_at IS NULL)')
        batch_op.create_check_constraint(op.f('ck_deviation_void_ground_known'), "void_ground IN ('duplicate', 'recorded in error')")
        batch_op.alter_column('kind', server_default=None)
        batch_op.alter_column('requirement', server_default=None)
        batch_op.alter_column('immediate', server_default=None)
        batch_op.alter_column('place', server_default=None)
        batch_op.alter_column('no_capa_why', server_default=None)

    with op.batch_alter_table('document', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_document_kind_known'), type_='check')
        batch_op.create_check_constraint(op.f('ck_document_kind_known'), "kind IN ('protocol', 'master record', 'specification', 'procedure')")
        batch_op.create_check_constraint(op.f('ck_document_returned_by_pair'), '(returned_by IS NULL) = (returned_at IS NULL)')
        batch_op.drop_constraint(op.f('ck_document_state_known'), type_='check')
        batch_op.create_check_constraint(op.f('ck_document_state_known'), "state IN ('draft', 'in review', 'returned', 'approved', 'effective', 'superseded')")

    with op.batch_alter_table('lot', schema=None) as batch_op:
        batch_op.create_check_constraint(op.f('ck_lot_blocked_pair'), "(state = 'blocked') = (blocked_from IS NOT NULL)")
        batch_op.create_check_constraint(op.f('ck_lot_quantity_pair'), '(quantity IS NULL) = (quantity_unit IS NULL)')
        batch_op.drop_constraint(op.f('ck_lot_state_known'), type_='check')
        batch_op.create_check_constraint(op.f('ck_lot_state_known'), "state IN ('quarantine', 'released', 'in use', 'depleted', 'blocked', 'rejected', 'recalled')")
        batch_op.alter_column('grade', server_default=None)
        batch_op.alter_column('tse_statement', server_default=None)
        batch_op.alter_column('critical', server_default=None)

    with op.batch_alter_table('step', schema=None) as batch_op:
        batch_op.create_check_constraint(op.f('ck_step_skipped_by_pair'), '(skipped_by IS NULL) = (skipped_at IS NULL)')
        batch_op.drop_constraint(op.f('ck_step_state_known'), type_='check')
        batch_op.create_check_constraint(op.f('ck_step_state_known'), "state IN ('todo', 'paused', 'performed', 'verified', 'skipped')")
        batch_op.alter_column('skip_reason', server_default=None)

    with op.batch_alter_table('step_entry', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_step_entry_how_known'), type_='check')
        batch_op.create_check_constraint(op.f('ck_step_entry_how_known'), "how IN ('scanned', 'typed', 'computed', 'transcribed', 'attached', 'not applicable')")
        batch_op.alter_column('alert', server_default=None)
        batch_op.alter_column('late_reason', server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('deviation', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_deviation_classified_by_pair'), type_='check')
        batch_op.drop_constraint(op.f('ck_deviation_confirmed_by_pair'), type_='check')
        batch_op.drop_constraint(op.f('ck_deviation_kind_known'), type_='check')
        batch_op.drop_constraint(op.f('ck_deviation_state_known'), type_='check')
        batch_op.create_check_constraint(op.f('ck_deviation_state_known'), "state IN ('open', 'closed')")
        batch_op.drop_constraint(op.f('ck_deviation_submitted_by_pair'), type_='check')
        batch_op.drop_constraint(op.f('ck_deviation_void_ground_known'), type_='check')

    with op.batch_alter_table('document', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_document_kind_known'), type_='check')
        batch_op.create_check_constraint(op.f('ck_document_kind_known'), "kind IN ('protocol', 'master record', 'specification')")
        batch_op.drop_constraint(op.f('ck_document_returned_by_pair'), type_='check')
        batch_op.drop_constraint(op.f('ck_document_state_known'), type_='check')
        batch_op.create_check_constraint(op.f('ck_document_state_known'), "state IN ('draft', 'approved', 'effective', 'superseded')")

    with op.batch_alter_table('lot', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_lot_blocked_pair'), type_='check')
        batch_op.drop_constraint(op.f('ck_lot_quantity_pair'), type_='check')
        batch_op.drop_constraint(op.f('ck_lot_state_known'), type_='check')
        batch_op.create_check_constraint(op.f('ck_lot_state_known'), "state IN ('quarantine', 'released', 'rejected')")

    with op.batch_alter_table('step', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_step_skipped_by_pair'), type_='check')
        batch_op.drop_constraint(op.f('ck_step_state_known'), type_='check')
        batch_op.create_check_constraint(op.f('ck_step_state_known'), "state IN ('todo', 'performed', 'verified')")

    with op.batch_alter_table('step_entry', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_step_entry_how_known'), type_='check')
        batch_op.create_check_constraint(op.f('ck_step_entry_how_known'), "how IN ('scanned', 'typed', 'computed')")

    with op.batch_alter_table('step_entry', schema=None) as batch_op:
        batch_op.drop_column('paper')
        batch_op.drop_column('late_reason')
        batch_op.drop_column('read_at')
        batch_op.drop_column('alert')

    with op.batch_alter_table('step', schema=None) as batch_op:
        batch_op.drop_column('skip_reason')
        batch_op.drop_column('skipped_at')
        batch_op.drop_column('skipped_by')
        batch_op.drop_column('responsible')

    with op.batch_alter_table('lot', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_lot_certificate_file'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_lot_supplier_lot'))
        batch_op.drop_column('blocked_from')
        batch_op.drop_column('serial')
        batch_op.drop_column('gtin')
        batch_op.drop_column('critical')
        batch_op.drop_column('tse_statement')
        batch_op.drop_column('animal_origin')
        batch_op.drop_column('grade')
        batch_op.drop_column('loss_limit_percent')
        batch_op.drop_column('open_life_hours')
        batch_op.drop_column('containers')
        batch_op.drop_column('quantity_unit')
        batch_op.drop_column('quantity')
        batch_op.drop_column('certificate_file')

    with op.batch_alter_table('document', schema=None) as batch_op:
        batch_op.drop_column('change')
        batch_op.drop_column('returned_at')
        batch_op.drop_column('returned_by')
        batch_op.drop_column('submitted_at')
        batch_op.drop_column('file')

    with op.batch_alter_table('deviation', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_deviation_duplicate_of'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_deviation_kind'))
        batch_op.drop_column('added_at')
        batch_op.drop_column('duplicate_of')
        batch_op.drop_column('void_ground')
        batch_op.drop_column('no_capa_why')
        batch_op.drop_column('submitted_at')
        batch_op.drop_column('submitted_by')
        batch_op.drop_column('stands')
        batch_op.drop_column('classified_at')
        batch_op.drop_column('classified_by')
        batch_op.drop_column('due_at')
        batch_op.drop_column('confirmed_at')
        batch_op.drop_column('confirmed_by')
        batch_op.drop_column('happened_at')
        batch_op.drop_column('place')
        batch_op.drop_column('immediate')
        batch_op.drop_column('requirement')
        batch_op.drop_column('kind')

    with op.batch_alter_table('review_mark', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_review_mark_review'))

    op.drop_table('review_mark')
    with op.batch_alter_table('redline', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_redline_batch'))

    op.drop_table('redline')
    with op.batch_alter_table('attachment', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_attachment_step'))

    op.drop_table('attachment')
    with op.batch_alter_table('review', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_review_batch'))

    op.drop_table('review')
    with op.batch_alter_table('hold', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_hold_state'))
        batch_op.drop_index(batch_op.f('ix_hold_batch'))

    op.drop_table('hold')
    with op.batch_alter_table('plate_reading', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_plate_reading_plate'))

    op.drop_table('plate_reading')
    with op.batch_alter_table('personnel_action', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_personnel_action_person'))

    op.drop_table('personnel_action')
    with op.batch_alter_table('reconciliation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_reconciliation_lot'))

    op.drop_table('reconciliation')
    with op.batch_alter_table('plate', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_plate_session'))

    op.drop_table('plate')
    with op.batch_alter_table('paper_sheet', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_paper_sheet_issue'))

    op.drop_table('paper_sheet')
    with op.batch_alter_table('monitoring_link', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_monitoring_link_session'))
        batch_op.drop_index(batch_op.f('ix_monitoring_link_batch'))

    op.drop_table('monitoring_link')
    with op.batch_alter_table('lot_opening', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_lot_opening_lot'))

    op.drop_table('lot_opening')
    with op.batch_alter_table('consumption', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_consumption_within'))
        batch_op.drop_index(batch_op.f('ix_consumption_on_code'))
        batch_op.drop_index(batch_op.f('ix_consumption_lot'))

    op.drop_table('consumption')
    with op.batch_alter_table('occupancy', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_occupancy_batch'))
        batch_op.drop_index(batch_op.f('ix_occupancy_area'))

    op.drop_table('occupancy')
    with op.batch_alter_table('no_impact', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_no_impact_dose'))
        batch_op.drop_index(batch_op.f('ix_no_impact_deviation'))

    op.drop_table('no_impact')
    with op.batch_alter_table('monitoring_session', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_monitoring_session_batch'))
        batch_op.drop_index(batch_op.f('ix_monitoring_session_area'))

    op.drop_table('monitoring_session')
    with op.batch_alter_table('maintenance', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_maintenance_equipment'))

    op.drop_table('maintenance')
    with op.batch_alter_table('line_clearance', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_line_clearance_batch'))
        batch_op.drop_index(batch_op.f('ix_line_clearance_area'))

    op.drop_table('line_clearance')
    with op.batch_alter_table('investigation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_investigation_deviation'))

    op.drop_table('investigation')
    with op.batch_alter_table('equipment_use', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_equipment_use_within'))
        batch_op.drop_index(batch_op.f('ix_equipment_use_equipment'))

    op.drop_table('equipment_use')
    with op.batch_alter_table('change_impact', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_change_impact_change'))

    op.drop_table('change_impact')
    with op.batch_alter_table('change_document', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_change_document_document'))
        batch_op.drop_index(batch_op.f('ix_change_document_change'))

    op.drop_table('change_document')
    with op.batch_alter_table('calibration', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_calibration_equipment'))

    op.drop_table('calibration')
    with op.batch_alter_table('blank_issue', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_blank_issue_batch'))

    op.drop_table('blank_issue')
    with op.batch_alter_table('affected', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_affected_record'))
        batch_op.drop_index(batch_op.f('ix_affected_deviation'))

    op.drop_table('affected')
    op.drop_table('training_item')
    with op.batch_alter_table('training', schema=None) as batch_op:
        batch_op.drop_index('ix_training_person_item')
        batch_op.drop_index(batch_op.f('ix_training_item'))

    op.drop_table('training')
    op.drop_table('supplier')
    with op.batch_alter_table('supervision', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_supervision_on_code'))

    op.drop_table('supervision')
    with op.batch_alter_table('standing', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_standing_of'))

    op.drop_table('standing')
    op.drop_table('monitoring_limit')
    op.drop_table('kept_file')
    op.drop_table('equipment')
    with op.batch_alter_table('curriculum', schema=None) as batch_op:
        batch_op.drop_index('ix_curriculum_once', sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_curriculum_item'))

    op.drop_table('curriculum')
    with op.batch_alter_table('cleaning', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_cleaning_of'))

    op.drop_table('cleaning')
    op.drop_table('change')
    with op.batch_alter_table('capa', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_capa_source'))

    op.drop_table('capa')
    with op.batch_alter_table('article', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_article_gtin'))

    op.drop_table('article')
    op.drop_table('area')
