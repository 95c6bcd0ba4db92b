"""out-of-specification results, slots of further testing

Revision 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

from mfg.db import Moment

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

#: columns that older rows get with a value; the upgrade tells the ledger of each
ADDED = (('result', 'slot'),)


def upgrade() -> None:
    op.create_table('oos',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('result', sa.String(length=80), nullable=False),
    sa.Column('sample', sa.String(length=80), nullable=False),
    sa.Column('batch', sa.String(length=80), nullable=False),
    sa.Column('dose', sa.String(length=80), nullable=True),
    sa.Column('attempt', sa.Integer(), nullable=True),
    sa.Column('test', sa.String(length=80), nullable=False),
    sa.Column('deviation', sa.String(length=80), nullable=False),
    sa.Column('opened_by', sa.String(length=80), nullable=False),
    sa.Column('opened_at', Moment(), nullable=False),
    sa.Column('start_by', Moment(), nullable=False),
    sa.Column('conclude_by', Moment(), nullable=False),
    sa.Column('state', sa.String(length=80), nullable=False),
    sa.Column('begun_by', sa.String(length=80), nullable=True),
    sa.Column('begun_at', Moment(), nullable=True),
    sa.Column('review', sa.String(length=2000), nullable=False),
    sa.Column('plan', sa.String(length=2000), nullable=False),
    sa.Column('retests', sa.Integer(), nullable=True),
    sa.Column('policy', sa.String(length=2000), nullable=False),
    sa.Column('phase_two_by', sa.String(length=80), nullable=True),
    sa.Column('phase_two_at', Moment(), nullable=True),
    sa.Column('cause', sa.String(length=2000), nullable=False),
    sa.Column('others_affected', sa.String(length=80), nullable=True),
    sa.Column('others_looked_at', sa.String(length=2000), nullable=False),
    sa.Column('concluded_by', sa.String(length=80), nullable=True),
    sa.Column('concluded_at', Moment(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(state IN ('confirmed', 'invalidated')) = (concluded_at IS NOT NULL)", name=op.f('ck_oos_concluded')),
    sa.CheckConstraint("concluded_by IS NULL OR (concluded_by <> opened_by AND others_looked_at <> '')", name=op.f('ck_oos_concluded_by_another')),
    sa.CheckConstraint("others_affected IN ('yes', 'no')", name=op.f('ck_oos_others_affected_known')),
    sa.CheckConstraint("state <> 'invalidated' OR cause <> ''", name=op.f('ck_oos_invalidated_for_a_cause')),
    sa.CheckConstraint("state IN ('confirmed', 'invalidated', 'phase I', 'phase II')", name=op.f('ck_oos_state_known')),
    sa.CheckConstraint('(begun_by IS NULL) = (begun_at IS NULL)', name=op.f('ck_oos_begun_by_pair')),
    sa.CheckConstraint('(concluded_by IS NULL) = (concluded_at IS NULL)', name=op.f('ck_oos_concluded_by_pair')),
    sa.CheckConstraint('(dose IS NULL) = (attempt IS NULL)', name=op.f('ck_oos_dose_pair')),
    sa.CheckConstraint('(phase_two_by IS NULL) = (phase_two_at IS NULL)', name=op.f('ck_oos_phase_two_by_pair')),
    sa.ForeignKeyConstraint(['batch'], ['batch.code'], name=op.f('fk_oos_batch')),
    sa.ForeignKeyConstraint(['deviation'], ['deviation.code'], name=op.f('fk_oos_deviation')),
    sa.ForeignKeyConstraint(['dose'], ['dose.code'], name=op.f('fk_oos_dose')),
    sa.ForeignKeyConstraint(['result'], ['result.code'], name=op.f('fk_oos_result')),
    sa.ForeignKeyConstraint(['sample'], ['sample.code'], name=op.f('fk_oos_sample')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_oos')),
    sa.UniqueConstraint('result', name=op.f('uq_oos_result'))
    )
    with op.batch_alter_table('oos', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_oos_batch'), ['batch'], unique=False)
        batch_op.create_index(batch_op.f('ix_oos_deviation'), ['deviation'], unique=False)
        batch_op.create_index(batch_op.f('ix_oos_dose'), ['dose'], unique=False)
        batch_op.create_index(batch_op.f('ix_oos_sample'), ['sample'], unique=False)

    op.create_table('hypothesis_measurement',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('oos', sa.String(length=80), nullable=False),
    sa.Column('hypothesis', sa.String(length=2000), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.Column('by', sa.String(length=80), nullable=False),
    sa.Column('at', Moment(), nullable=False),
    sa.ForeignKeyConstraint(['oos'], ['oos.code'], name=op.f('fk_hypothesis_measurement_oos')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_hypothesis_measurement'))
    )
    with op.batch_alter_table('hypothesis_measurement', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_hypothesis_measurement_oos'), ['oos'], unique=False)

    op.create_table('laboratory_investigation',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('oos', sa.String(length=80), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('outcome', sa.String(length=80), nullable=False),
    sa.Column('error', sa.String(length=2000), nullable=False),
    sa.Column('by', sa.String(length=80), nullable=False),
    sa.Column('at', Moment(), nullable=False),
    sa.CheckConstraint("outcome IN ('assignable laboratory error', 'none found')", name=op.f('ck_laboratory_investigation_outcome_known')),
    sa.ForeignKeyConstraint(['oos'], ['oos.code'], name=op.f('fk_laboratory_investigation_oos')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_laboratory_investigation')),
    sa.UniqueConstraint('oos', 'number', name=op.f('uq_laboratory_investigation_oos_number'))
    )
    with op.batch_alter_table('laboratory_investigation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_laboratory_investigation_oos'), ['oos'], unique=False)

    op.create_table('test_slot',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('kind', sa.String(length=80), nullable=False),
    sa.Column('follows', sa.String(length=80), nullable=False),
    sa.Column('oos', sa.String(length=80), nullable=True),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('many', sa.Integer(), nullable=False),
    sa.Column('why', sa.String(length=2000), nullable=False),
    sa.Column('opened_by', sa.String(length=80), nullable=False),
    sa.Column('opened_at', Moment(), nullable=False),
    sa.Column('result', sa.String(length=80), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(oos IS NULL) = (kind = 'repeat set')", name=op.f('ck_test_slot_of_an_oos')),
    sa.CheckConstraint("kind IN ('repeat set', 'repeat', 'retest', 'resample')", name=op.f('ck_test_slot_kind_known')),
    sa.CheckConstraint('number BETWEEN 1 AND many', name=op.f('ck_test_slot_number_of')),
    sa.ForeignKeyConstraint(['follows'], ['result.code'], name=op.f('fk_test_slot_follows')),
    sa.ForeignKeyConstraint(['oos'], ['oos.code'], name=op.f('fk_test_slot_oos')),
    sa.ForeignKeyConstraint(['result'], ['result.code'], name=op.f('fk_test_slot_result')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_test_slot')),
    sa.UniqueConstraint('follows', 'kind', 'number', name=op.f('uq_test_slot_follows_kind_number')),
    sa.UniqueConstraint('result', name=op.f('uq_test_slot_result'))
    )
    with op.batch_alter_table('test_slot', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_test_slot_follows'), ['follows'], unique=False)
        batch_op.create_index(batch_op.f('ix_test_slot_oos'), ['oos'], unique=False)

    op.create_table('laboratory_check',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('investigation', sa.String(length=80), nullable=False),
    sa.Column('point', sa.String(length=80), nullable=False),
    sa.Column('answer', sa.String(length=80), nullable=False),
    sa.Column('found', sa.String(length=2000), nullable=False),
    sa.CheckConstraint("answer IN ('as required', 'not as required', 'does not apply')", name=op.f('ck_laboratory_check_answer_known')),
    sa.CheckConstraint("point IN ('method', 'instrument', 'calculation', 'standards', 'controls', 'raw_data', 'preparations')", name=op.f('ck_laboratory_check_point_known')),
    sa.ForeignKeyConstraint(['investigation'], ['laboratory_investigation.code'], name=op.f('fk_laboratory_check_investigation')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_laboratory_check')),
    sa.UniqueConstraint('investigation', 'point', name=op.f('uq_laboratory_check_investigation_point'))
    )
    with op.batch_alter_table('laboratory_check', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_laboratory_check_investigation'), ['investigation'], unique=False)

    with op.batch_alter_table('result', schema=None) as batch_op:
        batch_op.add_column(sa.Column('slot', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('invalidated_by', sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column('invalidated_at', Moment(), nullable=True))
        batch_op.drop_constraint(batch_op.f('uq_result_sample_test'), type_='unique')
        batch_op.create_unique_constraint(batch_op.f('uq_result_sample_test_slot'), ['sample', 'test', 'slot'])

    # What the database itself holds to be true, and the value that only older rows needed.
    with op.batch_alter_table('result', schema=None) as batch_op:
        batch_op.alter_column('slot', server_default=None)
        batch_op.create_check_constraint(op.f('ck_result_slot_counts'), 'slot >= 0')
        batch_op.create_check_constraint(
            op.f('ck_result_invalidated_by_pair'), '(invalidated_by IS NULL) = (invalidated_at IS NULL)')
        batch_op.create_check_constraint(
            op.f('ck_result_invalidated_by_another'),
            "invalidated_by IS NULL OR (invalidated_by <> tested_by AND verdict = 'FAIL')")


def downgrade() -> None:
    with op.batch_alter_table('result', schema=None) as batch_op:
        for name in ('slot_counts', 'invalidated_by_pair', 'invalidated_by_another'):
            batch_op.drop_constraint(op.f(f'ck_result_{name}'), type_='check')

    with op.batch_alter_table('result', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('uq_result_sample_test_slot'), type_='unique')
        batch_op.create_unique_constraint(batch_op.f('uq_result_sample_test'), ['sample', 'test'])
        batch_op.drop_column('invalidated_at')
        batch_op.drop_column('invalidated_by')
        batch_op.drop_column('slot')

    with op.batch_alter_table('laboratory_check', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_laboratory_check_investigation'))

    op.drop_table('laboratory_check')
    with op.batch_alter_table('test_slot', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_test_slot_oos'))
        batch_op.drop_index(batch_op.f('ix_test_slot_follows'))

    op.drop_table('test_slot')
    with op.batch_alter_table('laboratory_investigation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_laboratory_investigation_oos'))

    op.drop_table('laboratory_investigation')
    with op.batch_alter_table('hypothesis_measurement', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_hypothesis_measurement_oos'))

    op.drop_table('hypothesis_measurement')
    with op.batch_alter_table('oos', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_oos_sample'))
        batch_op.drop_index(batch_op.f('ix_oos_dose'))
        batch_op.drop_index(batch_op.f('ix_oos_deviation'))
        batch_op.drop_index(batch_op.f('ix_oos_batch'))

    op.drop_table('oos')
