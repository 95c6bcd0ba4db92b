"""chain of identity: labels with a life of their own, custody from hand to hand and by courier

Revision 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

from mfg.db import Exact, Moment

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

#: columns that older rows get with a value; the upgrade tells the ledger of each
ADDED = (
    ('printed_label', 'read_back'),
    ('printed_label', 'state'),
    ('printed_label', 'asked_why'),
    ('printed_label', 'ended_why'),
    ('printed_label', 'version'),
)


def upgrade() -> None:
    op.create_table('hand_over',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('within', sa.String(), nullable=False),
    sa.Column('recipient', sa.String(length=80), nullable=False),
    sa.Column('donor', sa.String(length=80), nullable=False),
    sa.Column('ordered', sa.String(length=80), nullable=False),
    sa.Column('place_from', sa.String(length=2000), nullable=False),
    sa.Column('place_to', sa.String(length=2000), nullable=False),
    sa.Column('given_by', sa.String(length=80), nullable=False),
    sa.Column('given_at', Moment(), nullable=False),
    sa.Column('given_celsius', Exact(6), nullable=True),
    sa.Column('given_instrument', sa.String(length=80), nullable=True),
    sa.Column('given_seal', sa.String(length=80), nullable=False),
    sa.Column('given_good', sa.Boolean(), nullable=False),
    sa.Column('given_words', sa.String(length=2000), nullable=False),
    sa.Column('taken_by', sa.String(), nullable=True),
    sa.Column('taken_at', Moment(), nullable=True),
    sa.Column('taken_celsius', Exact(6), nullable=True),
    sa.Column('taken_instrument', sa.String(length=80), nullable=True),
    sa.Column('taken_seal', sa.String(length=80), nullable=False),
    sa.Column('taken_good', sa.Boolean(), nullable=True),
    sa.Column('taken_words', sa.String(length=2000), nullable=False),
    sa.Column('refused_by', sa.String(length=80), nullable=True),
    sa.Column('refused_at', Moment(), nullable=True),
    sa.Column('refused_why', sa.String(length=2000), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("ordered IN ('2-8 °C', '15-25 °C', '-150 °C or colder')", name=op.f('ck_hand_over_ordered_known')),
    sa.CheckConstraint("state IN ('accepted', 'given', 'refused')", name=op.f('ck_hand_over_state_known')),
    sa.CheckConstraint('(refused_by IS NULL) = (refused_at IS NULL)', name=op.f('ck_hand_over_refused_by_pair')),
    sa.CheckConstraint('(taken_by IS NULL) = (taken_at IS NULL)', name=op.f('ck_hand_over_taken_by_pair')),
    sa.CheckConstraint('taken_by IS NULL OR refused_by IS NULL', name=op.f('ck_hand_over_taken_or_refused')),
    sa.CheckConstraint('taken_by IS NULL OR taken_by <> given_by', name=op.f('ck_hand_over_two_people')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_hand_over'))
    )
    with op.batch_alter_table('hand_over', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_hand_over_state'), ['state'], unique=False)
        batch_op.create_index(batch_op.f('ix_hand_over_taken_by'), ['taken_by'], unique=False)
        batch_op.create_index(batch_op.f('ix_hand_over_within'), ['within'], unique=False)

    op.create_table('shipment',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('within', sa.String(), nullable=False),
    sa.Column('recipient', sa.String(length=80), nullable=False),
    sa.Column('donor', sa.String(length=80), nullable=False),
    sa.Column('shipper', sa.String(), nullable=False),
    sa.Column('ordered', sa.String(length=80), nullable=False),
    sa.Column('interval_min', Exact(6), nullable=False),
    sa.Column('logger', sa.String(length=80), nullable=False),
    sa.Column('place_from', sa.String(length=2000), nullable=False),
    sa.Column('place_to', sa.String(length=2000), nullable=False),
    sa.Column('packed_by', sa.String(length=80), nullable=False),
    sa.Column('packed_at', Moment(), nullable=False),
    sa.Column('seal', sa.String(length=80), nullable=False),
    sa.Column('sealed_by', sa.String(length=80), nullable=True),
    sa.Column('sealed_at', Moment(), nullable=True),
    sa.Column('courier', sa.String(length=80), nullable=False),
    sa.Column('waybill', sa.String(length=80), nullable=False),
    sa.Column('dispatched_by', sa.String(length=80), nullable=True),
    sa.Column('dispatched_at', Moment(), nullable=True),
    sa.Column('delivered_at', Moment(), nullable=True),
    sa.Column('received_by', sa.String(length=80), nullable=True),
    sa.Column('received_at', Moment(), nullable=True),
    sa.Column('seal_read', sa.String(length=80), nullable=False),
    sa.Column('celsius', Exact(6), nullable=True),
    sa.Column('good', sa.Boolean(), nullable=True),
    sa.Column('words', sa.String(length=2000), nullable=False),
    sa.Column('ended_by', sa.String(length=80), nullable=True),
    sa.Column('ended_at', Moment(), nullable=True),
    sa.Column('ended_why', sa.String(length=2000), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("ordered IN ('2-8 °C', '15-25 °C', '-150 °C or colder')", name=op.f('ck_shipment_ordered_known')),
    sa.CheckConstraint("state IN ('accepted', 'delivered', 'in transit', 'logger read', 'packed', 'rejected', 'sealed')", name=op.f('ck_shipment_state_known')),
    sa.CheckConstraint('(dispatched_by IS NULL) = (dispatched_at IS NULL)', name=op.f('ck_shipment_dispatched_by_pair')),
    sa.CheckConstraint('(ended_by IS NULL) = (ended_at IS NULL)', name=op.f('ck_shipment_ended_by_pair')),
    sa.CheckConstraint('(received_by IS NULL) = (received_at IS NULL)', name=op.f('ck_shipment_received_by_pair')),
    sa.CheckConstraint('(sealed_by IS NULL) = (sealed_at IS NULL)', name=op.f('ck_shipment_sealed_by_pair')),
    sa.CheckConstraint('interval_min > 0', name=op.f('ck_shipment_interval')),
    sa.CheckConstraint('received_by IS NULL OR received_by <> dispatched_by', name=op.f('ck_shipment_two_people')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_shipment'))
    )
    with op.batch_alter_table('shipment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_shipment_shipper'), ['shipper'], unique=False)
        batch_op.create_index(batch_op.f('ix_shipment_state'), ['state'], unique=False)
        batch_op.create_index(batch_op.f('ix_shipment_within'), ['within'], unique=False)

    op.create_table('handed_object',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('hand_over', sa.String(length=80), nullable=False),
    sa.Column('thing', sa.String(), nullable=False),
    sa.Column('given_how', sa.String(length=80), nullable=False),
    sa.Column('label', sa.String(length=80), nullable=True),
    sa.Column('taken_how', sa.String(length=80), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['hand_over'], ['hand_over.code'], name=op.f('fk_handed_object_hand_over')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_handed_object')),
    sa.UniqueConstraint('hand_over', 'thing', name=op.f('uq_handed_object_hand_over_thing'))
    )
    with op.batch_alter_table('handed_object', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_handed_object_hand_over'), ['hand_over'], unique=False)
        batch_op.create_index(batch_op.f('ix_handed_object_thing'), ['thing'], unique=False)

    op.create_table('logger_log',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('shipment', sa.String(length=80), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('file', sa.String(length=80), nullable=False),
    sa.Column('told', sa.Text(), nullable=False),
    sa.Column('rows', sa.Integer(), nullable=False),
    sa.Column('first_at', Moment(), nullable=False),
    sa.Column('last_at', Moment(), nullable=False),
    sa.Column('low_c', Exact(6), nullable=True),
    sa.Column('high_c', Exact(6), nullable=True),
    sa.Column('mean_kinetic_c', Exact(6), nullable=True),
    sa.Column('findings', sa.Text(), nullable=False),
    sa.Column('verdict', sa.String(length=80), nullable=False),
    sa.Column('reason', sa.String(length=2000), nullable=False),
    sa.Column('read_by', sa.String(length=80), nullable=False),
    sa.Column('read_at', Moment(), nullable=False),
    sa.CheckConstraint("verdict IN ('PASS', 'FAIL', 'CANNOT DETERMINE')", name=op.f('ck_logger_log_verdict_known')),
    sa.ForeignKeyConstraint(['file'], ['kept_file.code'], name=op.f('fk_logger_log_file')),
    sa.ForeignKeyConstraint(['shipment'], ['shipment.code'], name=op.f('fk_logger_log_shipment')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_logger_log')),
    sa.UniqueConstraint('shipment', 'number', name=op.f('uq_logger_log_shipment_number'))
    )
    with op.batch_alter_table('logger_log', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_logger_log_shipment'), ['shipment'], unique=False)

    op.create_table('shipped_object',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('shipment', sa.String(length=80), nullable=False),
    sa.Column('thing', sa.String(), nullable=False),
    sa.Column('packed_how', sa.String(length=80), nullable=False),
    sa.Column('label', sa.String(length=80), nullable=True),
    sa.Column('received_how', sa.String(length=80), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['shipment'], ['shipment.code'], name=op.f('fk_shipped_object_shipment')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_shipped_object')),
    sa.UniqueConstraint('shipment', 'thing', name=op.f('uq_shipped_object_shipment_thing'))
    )
    with op.batch_alter_table('shipped_object', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_shipped_object_shipment'), ['shipment'], unique=False)
        batch_op.create_index(batch_op.f('ix_shipped_object_thing'), ['thing'], unique=False)

    with op.batch_alter_table('printed_label', schema=None) as batch_op:
        batch_op.add_column(sa.Column('within', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('dpi', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('read_back', sa.Text(), server_default='', nullable=False))
        batch_op.add_column(sa.Column('state', sa.String(), server_default='issued', nullable=False))
        batch_op.add_column(sa.Column('verified_by', sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column('verified_at', Moment(), nullable=True))
        batch_op.add_column(sa.Column('applied_by', sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column('applied_at', Moment(), nullable=True))
        batch_op.add_column(sa.Column('asked_by', sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column('asked_at', Moment(), nullable=True))
        batch_op.add_column(sa.Column('asked_why', sa.String(length=2000), server_default='', nullable=False))
        batch_op.add_column(sa.Column('ended_why', sa.String(length=2000), server_default='', nullable=False))
        batch_op.add_column(sa.Column('destroyed_by', sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column('destroyed_at', Moment(), nullable=True))
        batch_op.add_column(sa.Column('witnessed_by', sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column('witnessed_at', Moment(), nullable=True))
        batch_op.add_column(sa.Column('version', sa.Integer(), server_default='1', nullable=False))
        batch_op.create_index(batch_op.f('ix_printed_label_within'), ['within'], unique=False)

    # What the database itself holds to be true, and the values that only older rows needed.
    with op.batch_alter_table('document', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_document_kind_known'), type_='check')
        batch_op.create_check_constraint(op.f('ck_document_kind_known'), "kind IN ('protocol', 'master record', 'specification', 'procedure', 'label layout')")

    with op.batch_alter_table('printed_label', schema=None) as batch_op:
        batch_op.create_check_constraint(op.f('ck_printed_label_applied_by_pair'), '(applied_by IS NULL) = (applied_at IS NULL)')
        batch_op.create_check_constraint(op.f('ck_printed_label_asked_by_pair'), '(asked_by IS NULL) = (asked_at IS NULL)')
        batch_op.create_check_constraint(op.f('ck_printed_label_destroyed_by_pair'), '(destroyed_by IS NULL) = (destroyed_at IS NULL)')
        batch_op.create_check_constraint(op.f('ck_printed_label_state_known'), "state IN ('applied', 'destroyed', 'destroyed, not witnessed', 'issued', 'returned', 'spoiled', 'verified', 'void')")
        batch_op.create_check_constraint(op.f('ck_printed_label_two_people'), 'witnessed_by IS NULL OR witnessed_by <> destroyed_by')
        batch_op.create_check_constraint(op.f('ck_printed_label_verified_by_pair'), '(verified_by IS NULL) = (verified_at IS NULL)')
        batch_op.create_check_constraint(op.f('ck_printed_label_witnessed_by_pair'), '(witnessed_by IS NULL) = (witnessed_at IS NULL)')
        batch_op.alter_column('read_back', server_default=None)
        batch_op.alter_column('state', server_default=None)
        batch_op.alter_column('asked_why', server_default=None)
        batch_op.alter_column('ended_why', server_default=None)
        batch_op.alter_column('version', server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('document', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_document_kind_known'), type_='check')
        batch_op.create_check_constraint(op.f('ck_document_kind_known'), "kind IN ('protocol', 'master record', 'specification', 'procedure')")

    with op.batch_alter_table('printed_label', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_printed_label_applied_by_pair'), type_='check')
        batch_op.drop_constraint(op.f('ck_printed_label_asked_by_pair'), type_='check')
        batch_op.drop_constraint(op.f('ck_printed_label_destroyed_by_pair'), type_='check')
        batch_op.drop_constraint(op.f('ck_printed_label_state_known'), type_='check')
        batch_op.drop_constraint(op.f('ck_printed_label_two_people'), type_='check')
        batch_op.drop_constraint(op.f('ck_printed_label_verified_by_pair'), type_='check')
        batch_op.drop_constraint(op.f('ck_printed_label_witnessed_by_pair'), type_='check')

    with op.batch_alter_table('printed_label', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_printed_label_within'))
        batch_op.drop_column('version')
        batch_op.drop_column('witnessed_at')
        batch_op.drop_column('witnessed_by')
        batch_op.drop_column('destroyed_at')
        batch_op.drop_column('destroyed_by')
        batch_op.drop_column('ended_why')
        batch_op.drop_column('asked_why')
        batch_op.drop_column('asked_at')
        batch_op.drop_column('asked_by')
        batch_op.drop_column('applied_at')
        batch_op.drop_column('applied_by')
        batch_op.drop_column('verified_at')
        batch_op.drop_column('verified_by')
        batch_op.drop_column('state')
        batch_op.drop_column('read_back')
        batch_op.drop_column('dpi')
        batch_op.drop_column('within')

    with op.batch_alter_table('shipped_object', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_shipped_object_thing'))
        batch_op.drop_index(batch_op.f('ix_shipped_object_shipment'))

    op.drop_table('shipped_object')
    with op.batch_alter_table('logger_log', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_logger_log_shipment'))

    op.drop_table('logger_log')
    with op.batch_alter_table('handed_object', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_handed_object_thing'))
        batch_op.drop_index(batch_op.f('ix_handed_object_hand_over'))

    op.drop_table('handed_object')
    with op.batch_alter_table('shipment', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_shipment_within'))
        batch_op.drop_index(batch_op.f('ix_shipment_state'))
        batch_op.drop_index(batch_op.f('ix_shipment_shipper'))

    op.drop_table('shipment')
    with op.batch_alter_table('hand_over', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_hand_over_within'))
        batch_op.drop_index(batch_op.f('ix_hand_over_taken_by'))
        batch_op.drop_index(batch_op.f('ix_hand_over_state'))

    op.drop_table('hand_over')
