"""controls, their charts, product quality reviews

Revision 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op

from mfg.db import Exact, Moment

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('quality_review',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('first', sa.String(length=80), nullable=False),
    sa.Column('last', sa.String(length=80), nullable=False),
    sa.Column('facts', sa.Text(), nullable=False),
    sa.Column('facts_hash', sa.String(length=80), nullable=False),
    sa.Column('conclusion', sa.String(length=2000), nullable=False),
    sa.Column('signed_by', sa.String(length=80), nullable=False),
    sa.Column('signed_at', Moment(), nullable=False),
    sa.CheckConstraint("conclusion <> ''", name=op.f('ck_quality_review_conclusion_not_blank')),
    sa.CheckConstraint('first <= last', name=op.f('ck_quality_review_begins_before_it_ends')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_quality_review'))
    )
    op.create_table('control_chart',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('test', sa.String(), nullable=False),
    sa.Column('level', sa.String(length=80), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('lot', sa.String(length=80), nullable=False),
    sa.Column('unit', sa.String(length=80), nullable=False),
    sa.Column('centre', Exact(6), nullable=False),
    sa.Column('sd', Exact(6), nullable=False),
    sa.Column('basis', sa.String(length=80), nullable=False),
    sa.Column('made_from', sa.String(length=2000), nullable=False),
    sa.Column('rules', sa.String(length=2000), nullable=False),
    sa.Column('hours', sa.Integer(), nullable=False),
    sa.Column('set_up_by', sa.String(length=80), nullable=False),
    sa.Column('set_up_at', Moment(), nullable=False),
    sa.Column('until', Moment(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("basis IN ('runs', 'assigned')", name=op.f('ck_control_chart_basis_known')),
    sa.CheckConstraint('hours > 0', name=op.f('ck_control_chart_interval_above_zero')),
    sa.CheckConstraint('sd > 0', name=op.f('ck_control_chart_spread_above_zero')),
    sa.ForeignKeyConstraint(['lot'], ['lot.code'], name=op.f('fk_control_chart_lot')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_control_chart')),
    sa.UniqueConstraint('test', 'level', 'number', name=op.f('uq_control_chart_test_level_number'))
    )
    with op.batch_alter_table('control_chart', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_control_chart_test'), ['test'], unique=False)

    op.create_table('control_run',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('test', sa.String(), nullable=False),
    sa.Column('level', sa.String(length=80), nullable=False),
    sa.Column('lot', sa.String(length=80), nullable=False),
    sa.Column('series', sa.String(), nullable=False),
    sa.Column('value', Exact(6), nullable=False),
    sa.Column('unit', sa.String(length=80), nullable=False),
    sa.Column('equipment', sa.String(length=80), nullable=False),
    sa.Column('note', sa.String(length=2000), nullable=False),
    sa.Column('run_at', Moment(), nullable=False),
    sa.Column('run_by', sa.String(length=80), nullable=False),
    sa.Column('recorded_at', Moment(), nullable=False),
    sa.Column('chart', sa.String(length=80), nullable=True),
    sa.Column('verdict', sa.String(length=80), nullable=False),
    sa.Column('broken', sa.String(length=2000), nullable=False),
    sa.Column('deviation', sa.String(length=80), nullable=True),
    sa.Column('state', sa.String(length=80), nullable=False),
    sa.Column('reviewed_by', sa.String(length=80), nullable=True),
    sa.Column('reviewed_at', Moment(), nullable=True),
    sa.Column('excluded_by', sa.String(length=80), nullable=True),
    sa.Column('excluded_at', Moment(), nullable=True),
    sa.Column('excluded_why', sa.String(length=2000), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("excluded_by IS NULL OR (excluded_by <> run_by AND excluded_why <> '')", name=op.f('ck_control_run_excluded_by_another')),
    sa.CheckConstraint("state IN ('excluded', 'recorded', 'reviewed')", name=op.f('ck_control_run_state_known')),
    sa.CheckConstraint("verdict = 'CANNOT DETERMINE' OR chart IS NOT NULL", name=op.f('ck_control_run_judged_by_a_chart')),
    sa.CheckConstraint("verdict IN ('PASS', 'FAIL', 'CANNOT DETERMINE')", name=op.f('ck_control_run_verdict_known')),
    sa.CheckConstraint('(excluded_by IS NULL) = (excluded_at IS NULL)', name=op.f('ck_control_run_excluded_by_pair')),
    sa.CheckConstraint('(reviewed_by IS NULL) = (reviewed_at IS NULL)', name=op.f('ck_control_run_reviewed_by_pair')),
    sa.CheckConstraint('reviewed_by IS NULL OR reviewed_by <> run_by', name=op.f('ck_control_run_two_people')),
    sa.ForeignKeyConstraint(['chart'], ['control_chart.code'], name=op.f('fk_control_run_chart')),
    sa.ForeignKeyConstraint(['deviation'], ['deviation.code'], name=op.f('fk_control_run_deviation')),
    sa.ForeignKeyConstraint(['equipment'], ['equipment.code'], name=op.f('fk_control_run_equipment')),
    sa.ForeignKeyConstraint(['lot'], ['lot.code'], name=op.f('fk_control_run_lot')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_control_run'))
    )
    with op.batch_alter_table('control_run', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_control_run_chart'), ['chart'], unique=False)
        batch_op.create_index(batch_op.f('ix_control_run_series'), ['series'], unique=False)
        batch_op.create_index(batch_op.f('ix_control_run_test'), ['test'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('control_run', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_control_run_test'))
        batch_op.drop_index(batch_op.f('ix_control_run_series'))
        batch_op.drop_index(batch_op.f('ix_control_run_chart'))

    op.drop_table('control_run')
    with op.batch_alter_table('control_chart', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_control_chart_test'))

    op.drop_table('control_chart')
    op.drop_table('quality_review')
