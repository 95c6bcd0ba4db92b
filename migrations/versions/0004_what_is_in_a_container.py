"""what is in a container and what was done to it, printers, workstations

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

from mfg.db import Exact, Moment

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

#: columns that older rows get with a value; the upgrade tells the ledger of each
ADDED = (
    ('container', 'state'),
    ('container', 'version'),
)


def upgrade() -> None:
    op.create_table('printer',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('name', sa.String(length=2000), nullable=False),
    sa.Column('place', sa.String(length=2000), nullable=False),
    sa.Column('kind', sa.String(length=80), nullable=False),
    sa.Column('host', sa.String(length=2000), nullable=False),
    sa.Column('port', sa.Integer(), nullable=False),
    sa.Column('path', sa.String(length=2000), nullable=False),
    sa.Column('dpi', sa.Integer(), nullable=False),
    sa.Column('wide_mm', Exact(6), nullable=True),
    sa.Column('tall_mm', Exact(6), nullable=True),
    sa.Column('state', sa.String(length=80), nullable=False),
    sa.Column('added_by', sa.String(length=80), nullable=False),
    sa.Column('added_at', Moment(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("kind IN ('raw', 'ipp')", name=op.f('ck_printer_kind_known')),
    sa.CheckConstraint("state IN ('in use', 'out of use')", name=op.f('ck_printer_state_known')),
    sa.CheckConstraint('(wide_mm IS NULL) = (tall_mm IS NULL)', name=op.f('ck_printer_wide_mm_pair')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_printer'))
    )
    op.create_table('workstation_check',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('workstation', sa.String(length=80), nullable=False),
    sa.Column('symbol', sa.String(length=80), nullable=False),
    sa.Column('arrived', sa.String(length=2000), nullable=False),
    sa.Column('suffix', sa.String(length=80), nullable=False),
    sa.Column('verdict', sa.String(length=80), nullable=False),
    sa.Column('layout', sa.String(length=80), nullable=False),
    sa.Column('checked_by', sa.String(length=80), nullable=False),
    sa.Column('checked_at', Moment(), nullable=False),
    sa.CheckConstraint("suffix IN ('Enter', 'Tab', 'none', '')", name=op.f('ck_workstation_check_suffix_known')),
    sa.CheckConstraint("symbol IN ('square', 'bars')", name=op.f('ck_workstation_check_symbol_known')),
    sa.CheckConstraint("verdict IN ('PASS', 'FAIL', 'CANNOT DETERMINE')", name=op.f('ck_workstation_check_verdict_known')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_workstation_check'))
    )
    with op.batch_alter_table('workstation_check', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_workstation_check_workstation'), ['workstation'], unique=False)

    op.create_table('print_job',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('printer', sa.String(length=80), nullable=False),
    sa.Column('of', sa.String(), nullable=False),
    sa.Column('within', sa.String(length=80), nullable=False),
    sa.Column('form', sa.String(length=80), nullable=False),
    sa.Column('content', sa.String(length=80), nullable=False),
    sa.Column('dpi', sa.Integer(), nullable=True),
    sa.Column('title', sa.String(length=2000), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('queued_at', Moment(), nullable=False),
    sa.Column('queued_by', sa.String(length=80), nullable=False),
    sa.Column('status', sa.String(length=2000), nullable=False),
    sa.Column('started_at', Moment(), nullable=True),
    sa.Column('ended_at', Moment(), nullable=True),
    sa.Column('bytes_sent', sa.Integer(), nullable=False),
    sa.Column('told', sa.String(length=2000), nullable=False),
    sa.Column('settled_by', sa.String(length=80), nullable=True),
    sa.Column('settled_at', Moment(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("form IN ('pdf', 'zpl')", name=op.f('ck_print_job_form_known')),
    sa.CheckConstraint("state <> 'failed' OR bytes_sent = 0", name=op.f('ck_print_job_failed_before_the_first_byte')),
    sa.CheckConstraint("state IN ('came out', 'cancelled', 'did not come out', 'failed', 'queued', 'sending', 'sent', 'unknown')", name=op.f('ck_print_job_state_known')),
    sa.CheckConstraint("state NOT IN ('queued', 'cancelled') OR bytes_sent = 0", name=op.f('ck_print_job_unsent_without_bytes')),
    sa.CheckConstraint('(settled_by IS NULL) = (settled_at IS NULL)', name=op.f('ck_print_job_settled_by_pair')),
    sa.ForeignKeyConstraint(['printer'], ['printer.code'], name=op.f('fk_print_job_printer')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_print_job'))
    )
    with op.batch_alter_table('print_job', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_print_job_of'), ['of'], unique=False)
        batch_op.create_index(batch_op.f('ix_print_job_printer'), ['printer'], unique=False)
        batch_op.create_index(batch_op.f('ix_print_job_state'), ['state'], unique=False)

    op.create_table('transformation',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('batch', sa.String(length=80), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('container', sa.String(length=80), nullable=True),
    sa.Column('volume_ml', Exact(6), nullable=True),
    sa.Column('cells', Exact(6), nullable=True),
    sa.Column('loss_ml', Exact(6), nullable=True),
    sa.Column('reason', sa.String(length=2000), nullable=False),
    sa.Column('at', Moment(), nullable=False),
    sa.Column('by', sa.String(length=80), nullable=False),
    sa.CheckConstraint("name IN ('collect', 'receive', 'wash', 'deplete', 'seed', 'transfer', 'split', 'pool', 'harvest', 'load', 'fill', 'sample', 'measure', 'freeze', 'thaw', 'discard')", name=op.f('ck_transformation_name_known')),
    sa.ForeignKeyConstraint(['batch'], ['batch.code'], name=op.f('fk_transformation_batch')),
    sa.ForeignKeyConstraint(['container'], ['container.code'], name=op.f('fk_transformation_container')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_transformation'))
    )
    with op.batch_alter_table('transformation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_transformation_batch'), ['batch'], unique=False)
        batch_op.create_index(batch_op.f('ix_transformation_container'), ['container'], unique=False)

    with op.batch_alter_table('collection', schema=None) as batch_op:
        batch_op.add_column(sa.Column('din_how', sa.String(length=80), nullable=True))

    with op.batch_alter_table('container', schema=None) as batch_op:
        batch_op.add_column(sa.Column('cells', Exact(6), nullable=True))
        batch_op.add_column(sa.Column('state', sa.String(), server_default='in use', nullable=False))
        batch_op.add_column(sa.Column('version', sa.Integer(), server_default='1', nullable=False))

    with op.batch_alter_table('descent', schema=None) as batch_op:
        batch_op.add_column(sa.Column('transformation', sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column('taken_ml', Exact(6), nullable=True))
        batch_op.add_column(sa.Column('taken_cells', Exact(6), nullable=True))
        batch_op.add_column(sa.Column('how', sa.String(length=80), nullable=True))
        batch_op.create_index(batch_op.f('ix_descent_transformation'), ['transformation'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_descent_transformation'), 'transformation', ['transformation'], ['code'])

    with op.batch_alter_table('dose_bag', schema=None) as batch_op:
        batch_op.add_column(sa.Column('checked_how', sa.String(length=80), nullable=True))

    # What the database itself holds to be true, and the values that only older rows needed.
    with op.batch_alter_table('container', schema=None) as batch_op:
        batch_op.create_check_constraint(op.f('ck_container_state_known'), "state IN ('discarded', 'frozen', 'in use')")
        batch_op.alter_column('state', server_default=None)
        batch_op.alter_column('version', server_default=None)

    with op.batch_alter_table('descent', schema=None) as batch_op:
        batch_op.create_check_constraint(op.f('ck_descent_taken'), 'taken_ml IS NULL OR taken_ml >= 0')


def downgrade() -> None:
    with op.batch_alter_table('container', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_container_state_known'), type_='check')

    with op.batch_alter_table('descent', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_descent_taken'), type_='check')

    with op.batch_alter_table('dose_bag', schema=None) as batch_op:
        batch_op.drop_column('checked_how')

    with op.batch_alter_table('descent', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_descent_transformation'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_descent_transformation'))
        batch_op.drop_column('how')
        batch_op.drop_column('taken_cells')
        batch_op.drop_column('taken_ml')
        batch_op.drop_column('transformation')

    with op.batch_alter_table('container', schema=None) as batch_op:
        batch_op.drop_column('version')
        batch_op.drop_column('state')
        batch_op.drop_column('cells')

    with op.batch_alter_table('collection', schema=None) as batch_op:
        batch_op.drop_column('din_how')

    with op.batch_alter_table('transformation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_transformation_container'))
        batch_op.drop_index(batch_op.f('ix_transformation_batch'))

    op.drop_table('transformation')
    with op.batch_alter_table('print_job', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_print_job_state'))
        batch_op.drop_index(batch_op.f('ix_print_job_printer'))
        batch_op.drop_index(batch_op.f('ix_print_job_of'))

    op.drop_table('print_job')
    with op.batch_alter_table('workstation_check', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_workstation_check_workstation'))

    op.drop_table('workstation_check')
    op.drop_table('printer')
