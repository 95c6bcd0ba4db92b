"""notices that are acknowledged, stops, recalls, sterility set aside, releases taken back and exceptional ones

Revision 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op

from mfg.db import Moment

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

#: (table, column, values before, values now) of the words the database itself allows
WORDS = (
    ('batch', 'state', ('open', 'complete'), ('open', 'complete', 'closed')),
    ('decision', 'kind', ('disposition', 'released on condition', 'certified', 'rejected'),
     ('disposition', 'released on condition', 'certified', 'rejected', 'released exceptionally', 'revoked')),
    ('dose', 'state', ('planned', 'filled', 'checked', 'cleared', 'released on condition', 'certified', 'rejected',
                       'released then failed'),
     ('planned', 'filled', 'checked', 'cleared', 'released on condition', 'certified', 'rejected',
      'released then failed', 'released exceptionally', 'revoked')),
)


def _allow(now):
    """The words each column may hold: those of before, or those of now."""
    for table, column, before, after in WORDS:
        name = op.f(f'ck_{table}_{column}_known')
        listed = ', '.join(f"'{word}'" for word in (after if now else before))
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_constraint(name, type_='check')
            batch_op.create_check_constraint(name, f'{column} IN ({listed})')


def upgrade() -> None:
    op.create_table('notice',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('to_role', sa.String(), nullable=False),
    sa.Column('about', sa.String(), nullable=False),
    sa.Column('within', sa.String(), nullable=False),
    sa.Column('what', sa.String(length=2000), nullable=False),
    sa.Column('todo', sa.String(length=2000), nullable=False),
    sa.Column('sent_at', Moment(), nullable=False),
    sa.Column('because_of', sa.String(length=80), nullable=False),
    sa.Column('acknowledge_by', Moment(), nullable=False),
    sa.Column('acknowledged_by', sa.String(length=80), nullable=True),
    sa.Column('acknowledged_at', Moment(), nullable=True),
    sa.Column('overdue_at', Moment(), nullable=True),
    sa.Column('follows', sa.String(length=80), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('(acknowledged_by IS NULL) = (acknowledged_at IS NULL)', name=op.f('ck_notice_acknowledged_by_pair')),
    sa.CheckConstraint('acknowledge_by >= sent_at', name=op.f('ck_notice_time_to_answer')),
    sa.ForeignKeyConstraint(['follows'], ['notice.code'], name=op.f('fk_notice_follows')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_notice'))
    )
    with op.batch_alter_table('notice', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_notice_about'), ['about'], unique=False)
        batch_op.create_index(batch_op.f('ix_notice_follows'), ['follows'], unique=False)
        batch_op.create_index(batch_op.f('ix_notice_to_role'), ['to_role'], unique=False)
        batch_op.create_index(batch_op.f('ix_notice_within'), ['within'], unique=False)

    op.create_table('logged_call',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('within', sa.String(), nullable=False),
    sa.Column('about', sa.String(), nullable=False),
    sa.Column('notice', sa.String(length=80), nullable=True),
    sa.Column('told', sa.String(length=80), nullable=False),
    sa.Column('called_at', Moment(), nullable=False),
    sa.Column('means', sa.String(length=80), nullable=False),
    sa.Column('words', sa.String(length=2000), nullable=False),
    sa.Column('logged_by', sa.String(length=80), nullable=False),
    sa.Column('logged_at', Moment(), nullable=False),
    sa.CheckConstraint("means IN ('telephone', 'in person', 'pager', 'e-mail', 'letter')", name=op.f('ck_logged_call_means_known')),
    sa.CheckConstraint('called_at <= logged_at', name=op.f('ck_logged_call_after_the_call')),
    sa.ForeignKeyConstraint(['notice'], ['notice.code'], name=op.f('fk_logged_call_notice')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_logged_call'))
    )
    with op.batch_alter_table('logged_call', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_logged_call_about'), ['about'], unique=False)
        batch_op.create_index(batch_op.f('ix_logged_call_notice'), ['notice'], unique=False)
        batch_op.create_index(batch_op.f('ix_logged_call_within'), ['within'], unique=False)

    op.create_table('dose_recall',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('dose', sa.String(length=80), nullable=False),
    sa.Column('batch', sa.String(length=80), nullable=False),
    sa.Column('why', sa.String(length=2000), nullable=False),
    sa.Column('begun_by', sa.String(length=80), nullable=False),
    sa.Column('begun_at', Moment(), nullable=False),
    sa.Column('state', sa.String(length=80), nullable=False),
    sa.Column('closed_by', sa.String(length=80), nullable=True),
    sa.Column('closed_at', Moment(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("state IN ('closed', 'open')", name=op.f('ck_dose_recall_state_known')),
    sa.CheckConstraint('(closed_by IS NULL) = (closed_at IS NULL)', name=op.f('ck_dose_recall_closed_by_pair')),
    sa.ForeignKeyConstraint(['batch'], ['batch.code'], name=op.f('fk_dose_recall_batch')),
    sa.ForeignKeyConstraint(['dose'], ['dose.code'], name=op.f('fk_dose_recall_dose')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_dose_recall'))
    )
    with op.batch_alter_table('dose_recall', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_dose_recall_batch'), ['batch'], unique=False)
        batch_op.create_index(batch_op.f('ix_dose_recall_dose'), ['dose'], unique=False)

    op.create_table('dose_stop',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('batch', sa.String(length=80), nullable=False),
    sa.Column('dose', sa.String(length=80), nullable=True),
    sa.Column('cause', sa.String(), nullable=False),
    sa.Column('why', sa.String(length=2000), nullable=False),
    sa.Column('set_by', sa.String(length=80), nullable=False),
    sa.Column('set_at', Moment(), nullable=False),
    sa.Column('lifted_by', sa.String(length=80), nullable=True),
    sa.Column('lifted_at', Moment(), nullable=True),
    sa.Column('lifted_why', sa.String(length=2000), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('(lifted_by IS NULL) = (lifted_at IS NULL)', name=op.f('ck_dose_stop_lifted_by_pair')),
    sa.ForeignKeyConstraint(['batch'], ['batch.code'], name=op.f('fk_dose_stop_batch')),
    sa.ForeignKeyConstraint(['dose'], ['dose.code'], name=op.f('fk_dose_stop_dose')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_dose_stop'))
    )
    with op.batch_alter_table('dose_stop', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_dose_stop_batch'), ['batch'], unique=False)
        batch_op.create_index(batch_op.f('ix_dose_stop_cause'), ['cause'], unique=False)
        batch_op.create_index(batch_op.f('ix_dose_stop_dose'), ['dose'], unique=False)

    op.create_table('exceptional_request',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('dose', sa.String(length=80), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('tests', sa.String(length=2000), nullable=False),
    sa.Column('need', sa.String(length=2000), nullable=False),
    sa.Column('requested_by', sa.String(length=80), nullable=False),
    sa.Column('requested_at', Moment(), nullable=False),
    sa.Column('risk_words', sa.String(length=2000), nullable=False),
    sa.Column('risk_evidence', sa.String(length=80), nullable=True),
    sa.Column('risk_by', sa.String(length=80), nullable=True),
    sa.Column('risk_at', Moment(), nullable=True),
    sa.Column('authorised_words', sa.String(length=2000), nullable=False),
    sa.Column('authorised_by', sa.String(length=80), nullable=True),
    sa.Column('authorised_at', Moment(), nullable=True),
    sa.Column('contact_words', sa.String(length=2000), nullable=False),
    sa.Column('contact_by', sa.String(length=80), nullable=True),
    sa.Column('contact_at', Moment(), nullable=True),
    sa.Column('ethics_words', sa.String(length=2000), nullable=False),
    sa.Column('ethics_by', sa.String(length=80), nullable=True),
    sa.Column('ethics_at', Moment(), nullable=True),
    sa.Column('consent_words', sa.String(length=2000), nullable=False),
    sa.Column('consent_by', sa.String(length=80), nullable=True),
    sa.Column('consent_at', Moment(), nullable=True),
    sa.Column('decision', sa.String(length=80), nullable=True),
    sa.Column('state', sa.String(length=80), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("state IN ('open', 'used', 'withdrawn')", name=op.f('ck_exceptional_request_state_known')),
    sa.CheckConstraint('(authorised_by IS NULL) = (authorised_at IS NULL)', name=op.f('ck_exceptional_request_authorised_by_pair')),
    sa.CheckConstraint('(consent_by IS NULL) = (consent_at IS NULL)', name=op.f('ck_exceptional_request_consent_by_pair')),
    sa.CheckConstraint('(contact_by IS NULL) = (contact_at IS NULL)', name=op.f('ck_exceptional_request_contact_by_pair')),
    sa.CheckConstraint('(ethics_by IS NULL) = (ethics_at IS NULL)', name=op.f('ck_exceptional_request_ethics_by_pair')),
    sa.CheckConstraint('(risk_by IS NULL) = (risk_at IS NULL)', name=op.f('ck_exceptional_request_risk_by_pair')),
    sa.ForeignKeyConstraint(['decision'], ['decision.code'], name=op.f('fk_exceptional_request_decision')),
    sa.ForeignKeyConstraint(['dose'], ['dose.code'], name=op.f('fk_exceptional_request_dose')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_exceptional_request'))
    )
    with op.batch_alter_table('exceptional_request', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_exceptional_request_dose'), ['dose'], unique=False)

    op.create_table('recalled_bag',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('recall', sa.String(length=80), nullable=False),
    sa.Column('container', sa.String(length=80), nullable=False),
    sa.Column('holder', sa.String(length=80), nullable=True),
    sa.Column('place', sa.String(length=2000), nullable=False),
    sa.Column('place_known', sa.Boolean(), nullable=False),
    sa.Column('answer', sa.String(length=80), nullable=False),
    sa.Column('words', sa.String(length=2000), nullable=False),
    sa.Column('happened_at', Moment(), nullable=True),
    sa.Column('answered_by', sa.String(length=80), nullable=True),
    sa.Column('answered_at', Moment(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("answer IN ('asked', 'cannot be found', 'destroyed', 'infused', 'returned')", name=op.f('ck_recalled_bag_answer_known')),
    sa.CheckConstraint('(answered_by IS NULL) = (answered_at IS NULL)', name=op.f('ck_recalled_bag_answered_by_pair')),
    sa.ForeignKeyConstraint(['container'], ['container.code'], name=op.f('fk_recalled_bag_container')),
    sa.ForeignKeyConstraint(['recall'], ['dose_recall.code'], name=op.f('fk_recalled_bag_recall')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_recalled_bag')),
    sa.UniqueConstraint('recall', 'container', name=op.f('uq_recalled_bag_recall_container'))
    )
    with op.batch_alter_table('recalled_bag', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_recalled_bag_container'), ['container'], unique=False)
        batch_op.create_index(batch_op.f('ix_recalled_bag_recall'), ['recall'], unique=False)

    op.create_table('sterility_invalidation',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('sample', sa.String(length=80), nullable=False),
    sa.Column('ground', sa.String(length=80), nullable=False),
    sa.Column('evidence', sa.String(length=2000), nullable=False),
    sa.Column('reason', sa.String(length=2000), nullable=False),
    sa.Column('deviation', sa.String(length=80), nullable=False),
    sa.Column('investigation', sa.String(length=80), nullable=False),
    sa.Column('invalidated_by', sa.String(length=80), nullable=False),
    sa.Column('invalidated_at', Moment(), nullable=False),
    sa.CheckConstraint("ground IN ('media', 'environment', 'negative control', 'technique')", name=op.f('ck_sterility_invalidation_ground_known')),
    sa.ForeignKeyConstraint(['deviation'], ['deviation.code'], name=op.f('fk_sterility_invalidation_deviation')),
    sa.ForeignKeyConstraint(['investigation'], ['investigation.code'], name=op.f('fk_sterility_invalidation_investigation')),
    sa.ForeignKeyConstraint(['sample'], ['sample.code'], name=op.f('fk_sterility_invalidation_sample')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_sterility_invalidation')),
    sa.UniqueConstraint('sample', name=op.f('uq_sterility_invalidation_sample'))
    )
    with op.batch_alter_table('sterility_invalidation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sterility_invalidation_sample'), ['sample'], unique=False)

    _allow(True)


def downgrade() -> None:
    # A dose in one of the new states, or a closed batch, is not taken back: the database refuses it.
    _allow(False)

    with op.batch_alter_table('sterility_invalidation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sterility_invalidation_sample'))

    op.drop_table('sterility_invalidation')
    with op.batch_alter_table('recalled_bag', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_recalled_bag_recall'))
        batch_op.drop_index(batch_op.f('ix_recalled_bag_container'))

    op.drop_table('recalled_bag')
    with op.batch_alter_table('exceptional_request', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_exceptional_request_dose'))

    op.drop_table('exceptional_request')
    with op.batch_alter_table('dose_stop', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_dose_stop_dose'))
        batch_op.drop_index(batch_op.f('ix_dose_stop_cause'))
        batch_op.drop_index(batch_op.f('ix_dose_stop_batch'))

    op.drop_table('dose_stop')
    with op.batch_alter_table('dose_recall', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_dose_recall_dose'))
        batch_op.drop_index(batch_op.f('ix_dose_recall_batch'))

    op.drop_table('dose_recall')
    with op.batch_alter_table('logged_call', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_logged_call_within'))
        batch_op.drop_index(batch_op.f('ix_logged_call_notice'))
        batch_op.drop_index(batch_op.f('ix_logged_call_about'))

    op.drop_table('logged_call')
    with op.batch_alter_table('notice', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_notice_within'))
        batch_op.drop_index(batch_op.f('ix_notice_to_role'))
        batch_op.drop_index(batch_op.f('ix_notice_follows'))
        batch_op.drop_index(batch_op.f('ix_notice_about'))

    op.drop_table('notice')
