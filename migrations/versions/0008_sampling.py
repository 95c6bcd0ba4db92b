"""samples of the plan, and what happened to each

Revision 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

from mfg.db import Exact, Moment

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('planned_sample',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('batch', sa.String(length=80), nullable=False),
    sa.Column('step', sa.String(length=80), nullable=False),
    sa.Column('plan', sa.String(length=80), nullable=False),
    sa.Column('sample', sa.String(), nullable=True),
    sa.Column('tubes', sa.Integer(), nullable=True),
    sa.Column('volume_ml', Exact(6), nullable=True),
    sa.Column('why', sa.String(length=2000), nullable=False),
    sa.Column('by', sa.String(length=80), nullable=False),
    sa.Column('at', Moment(), nullable=False),
    sa.CheckConstraint("(sample IS NULL) = (why <> '')", name=op.f('ck_planned_sample_drawn_or_explained')),
    sa.CheckConstraint('(sample IS NULL) = (tubes IS NULL)', name=op.f('ck_planned_sample_drawn_in_tubes')),
    sa.CheckConstraint('tubes IS NULL OR tubes > 0', name=op.f('ck_planned_sample_tubes')),
    sa.CheckConstraint('volume_ml IS NULL OR volume_ml > 0', name=op.f('ck_planned_sample_volume')),
    sa.ForeignKeyConstraint(['batch'], ['batch.code'], name=op.f('fk_planned_sample_batch')),
    sa.ForeignKeyConstraint(['step'], ['step.code'], name=op.f('fk_planned_sample_step')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_planned_sample')),
    sa.UniqueConstraint('sample', name=op.f('uq_planned_sample_sample'))
    )
    with op.batch_alter_table('planned_sample', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_planned_sample_batch'), ['batch'], unique=False)
        batch_op.create_index(batch_op.f('ix_planned_sample_step'), ['step'], unique=False)

    op.create_table('sample_event',
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('sample', sa.String(length=80), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=80), nullable=False),
    sa.Column('at', Moment(), nullable=False),
    sa.Column('entered_at', Moment(), nullable=False),
    sa.Column('by', sa.String(length=80), nullable=False),
    sa.Column('place', sa.String(length=2000), nullable=False),
    sa.Column('temperature_c', Exact(6), nullable=True),
    sa.Column('condition', sa.String(length=80), nullable=False),
    sa.Column('seal', sa.String(length=80), nullable=False),
    sa.Column('how', sa.String(length=80), nullable=False),
    sa.Column('keep', sa.String(length=80), nullable=False),
    sa.Column('until', Moment(), nullable=True),
    sa.Column('note', sa.String(length=2000), nullable=False),
    sa.CheckConstraint("(kind = 'stored') = (until IS NOT NULL)", name=op.f('ck_sample_event_stored_until')),
    sa.CheckConstraint("condition IN ('', 'intact', 'leaking', 'broken', 'other')", name=op.f('ck_sample_event_condition_known')),
    sa.CheckConstraint("how IN ('', 'scanned', 'typed')", name=op.f('ck_sample_event_how_known')),
    sa.CheckConstraint("keep IN ('', 'room', 'refrigerated', 'incubator', 'frozen')", name=op.f('ck_sample_event_keep_known')),
    sa.CheckConstraint("kind <> 'received' OR how <> ''", name=op.f('ck_sample_event_received_by_its_label')),
    sa.CheckConstraint("kind IN ('sent', 'received', 'refused', 'stored', 'inspected', 'removed', 'disposed of', 'witnessed')", name=op.f('ck_sample_event_kind_known')),
    sa.CheckConstraint("seal IN ('', 'intact', 'broken', 'none')", name=op.f('ck_sample_event_seal_known')),
    sa.CheckConstraint('at <= entered_at', name=op.f('ck_sample_event_not_before_it_happened')),
    sa.ForeignKeyConstraint(['sample'], ['sample.code'], name=op.f('fk_sample_event_sample')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_sample_event')),
    sa.UniqueConstraint('sample', 'number', name=op.f('uq_sample_event_sample_number'))
    )
    with op.batch_alter_table('sample_event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sample_event_sample'), ['sample'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('sample_event', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sample_event_sample'))

    op.drop_table('sample_event')
    with op.batch_alter_table('planned_sample', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_planned_sample_step'))
        batch_op.drop_index(batch_op.f('ix_planned_sample_batch'))

    op.drop_table('planned_sample')
