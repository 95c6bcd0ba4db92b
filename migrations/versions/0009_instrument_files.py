"""files of instruments, their readings, and what a result rests on

Revision 0009, after 0008.
"""

import sqlalchemy as sa
from alembic import op

from mfg.db import Moment

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

#: columns that older rows get with a value; the upgrade tells the ledger of each
ADDED = (('result', 'how'),)


def upgrade() -> None:
    op.create_table('instrument_file',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('file', sa.String(length=80), nullable=False),
    sa.Column('name', sa.String(length=2000), nullable=False),
    sa.Column('kind', sa.String(length=80), nullable=False),
    sa.Column('maker', sa.String(length=2000), nullable=False),
    sa.Column('model', sa.String(length=2000), nullable=False),
    sa.Column('serial', sa.String(length=2000), nullable=False),
    sa.Column('software', sa.String(length=2000), nullable=False),
    sa.Column('equipment', sa.String(length=80), nullable=True),
    sa.Column('zone', sa.String(length=80), nullable=False),
    sa.Column('told_at', Moment(), nullable=True),
    sa.Column('told_operator', sa.String(length=80), nullable=False),
    sa.Column('gates', sa.String(length=80), nullable=True),
    sa.Column('gates_name', sa.String(length=2000), nullable=False),
    sa.Column('readings_hash', sa.String(length=80), nullable=False),
    sa.Column('read_at', Moment(), nullable=False),
    sa.Column('read_by', sa.String(length=80), nullable=False),
    sa.Column('confirmed_at', Moment(), nullable=True),
    sa.Column('confirmed_by', sa.String(length=80), nullable=True),
    sa.Column('state', sa.String(length=80), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("state IN ('confirmed', 'read', 'withdrawn')", name=op.f('ck_instrument_file_state_known')),
    sa.CheckConstraint('(confirmed_at IS NULL) = (confirmed_by IS NULL)', name=op.f('ck_instrument_file_confirmed_at_pair')),
    sa.ForeignKeyConstraint(['equipment'], ['equipment.code'], name=op.f('fk_instrument_file_equipment')),
    sa.ForeignKeyConstraint(['file'], ['kept_file.code'], name=op.f('fk_instrument_file_file')),
    sa.ForeignKeyConstraint(['gates'], ['kept_file.code'], name=op.f('fk_instrument_file_gates')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_instrument_file')),
    sa.UniqueConstraint('file', name=op.f('uq_instrument_file_file'))
    )
    op.create_table('instrument_reading',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('instrument_file', sa.String(length=80), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('sample_text', sa.String(length=2000), nullable=False),
    sa.Column('sample', sa.String(length=80), nullable=True),
    sa.Column('measured_at', Moment(), nullable=True),
    sa.Column('measured_text', sa.String(length=2000), nullable=False),
    sa.Column('operator', sa.String(length=2000), nullable=False),
    sa.Column('person', sa.String(length=80), nullable=True),
    sa.Column('place', sa.String(length=2000), nullable=False),
    sa.Column('values', sa.Text(), nullable=False),
    sa.Column('findings', sa.Text(), nullable=False),
    sa.Column('warnings', sa.Text(), nullable=False),
    sa.Column('verdict', sa.String(length=80), nullable=False),
    sa.ForeignKeyConstraint(['instrument_file'], ['instrument_file.code'], name=op.f('fk_instrument_reading_instrument_file')),
    sa.ForeignKeyConstraint(['sample'], ['sample.code'], name=op.f('fk_instrument_reading_sample')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_instrument_reading')),
    sa.UniqueConstraint('instrument_file', 'number', name=op.f('uq_instrument_reading_instrument_file_number'))
    )
    with op.batch_alter_table('instrument_reading', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_instrument_reading_instrument_file'), ['instrument_file'], unique=False)
        batch_op.create_index(batch_op.f('ix_instrument_reading_sample'), ['sample'], unique=False)

    op.create_table('raw_value',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('result', sa.String(length=80), nullable=False),
    sa.Column('what', sa.String(length=80), nullable=False),
    sa.Column('value', sa.String(length=2000), nullable=False),
    sa.Column('unit', sa.String(length=80), nullable=False),
    sa.Column('reading', sa.String(length=80), nullable=True),
    sa.Column('place', sa.String(length=2000), nullable=False),
    sa.ForeignKeyConstraint(['reading'], ['instrument_reading.code'], name=op.f('fk_raw_value_reading')),
    sa.ForeignKeyConstraint(['result'], ['result.code'], name=op.f('fk_raw_value_result')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_raw_value'))
    )
    with op.batch_alter_table('raw_value', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_raw_value_result'), ['result'], unique=False)

    op.create_table('result_lot',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('result', sa.String(length=80), nullable=False),
    sa.Column('lot', sa.String(length=80), nullable=False),
    sa.ForeignKeyConstraint(['lot'], ['lot.code'], name=op.f('fk_result_lot_lot')),
    sa.ForeignKeyConstraint(['result'], ['result.code'], name=op.f('fk_result_lot_result')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_result_lot'))
    )
    with op.batch_alter_table('result_lot', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_result_lot_lot'), ['lot'], unique=False)
        batch_op.create_index(batch_op.f('ix_result_lot_result'), ['result'], unique=False)

    with op.batch_alter_table('result', schema=None) as batch_op:
        batch_op.add_column(sa.Column('how', sa.String(length=80), server_default='typed', nullable=False))
        batch_op.add_column(sa.Column('equipment', sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column('events', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_result_equipment'), 'equipment', ['equipment'], ['code'])

    # What the database itself holds to be true, and the value that only older rows needed.
    with op.batch_alter_table('result', schema=None) as batch_op:
        batch_op.alter_column('how', server_default=None)
        batch_op.create_check_constraint(op.f('ck_result_how_known'), "how IN ('typed', 'instrument file')")


def downgrade() -> None:
    with op.batch_alter_table('result', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_result_how_known'), type_='check')

    with op.batch_alter_table('result', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_result_equipment'), type_='foreignkey')
        batch_op.drop_column('events')
        batch_op.drop_column('equipment')
        batch_op.drop_column('how')

    with op.batch_alter_table('result_lot', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_result_lot_result'))
        batch_op.drop_index(batch_op.f('ix_result_lot_lot'))

    op.drop_table('result_lot')
    with op.batch_alter_table('raw_value', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_raw_value_result'))

    op.drop_table('raw_value')
    with op.batch_alter_table('instrument_reading', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_instrument_reading_sample'))
        batch_op.drop_index(batch_op.f('ix_instrument_reading_instrument_file'))

    op.drop_table('instrument_reading')
    op.drop_table('instrument_file')
