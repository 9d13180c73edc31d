package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.Group;
import dev.gradwire.kernel.GroupOp;
import dev.gradwire.kernel.Lane;
import java.util.List;

/** Runs a group by a generated loop: cuts it into parts, knows where rows stand, and finishes what goes over the rows. */
final class LoopRun implements GroupRun {
    /** About how many places a part has: some ten microseconds of work. */
    private static final long PART_PLACES = 1 << 16;

    private final Group group;
    private final LoopPlan plan;
    private final LoopFrame layout;
    private final Loop loop;
    private final long rows;
    private final long columns;

    /** The addresses of an operand's first element and its step from row to row, in bytes. */
    private final long[] offsets;

    private final long[] steps;
    private final int keptAt;

    LoopRun(Group group, LoopPlan plan, Loop loop) {
        this.group = group;
        this.plan = plan;
        this.layout = new LoopFrame(plan);
        this.loop = loop;
        rows = group.rows();
        columns = group.columns();
        offsets = new long[layout.addresses()];
        steps = new long[layout.addresses()];
        keptAt = group.reads().size() + group.writes().size();
        for (int i = 0; i < group.reads().size(); i++) {
            Group.Read read = group.reads().get(i);
            int bytes = read.dtype().sizeInBytes();
            offsets[i] = read.layout().offset() * bytes;
            steps[i] = RowStep.of(read.layout(), rows, columns) * bytes;
        }
        for (int i = 0; i < group.writes().size(); i++) {
            Group.Write write = group.writes().get(i);
            int bytes = group.dtype(write.value()).sizeInBytes();
            if (write.overRows() == null) {
                steps[group.reads().size() + i] = plan.form().perRow(write.value()) ? bytes : columns * bytes;
            }
        }
    }

    @Override
    public void run(DeviceTensor[] operands, DeviceTensor[] results, Lane lane) {
        long[] addresses = new long[offsets.length];
        for (int i = 0; i < operands.length; i++) {
            addresses[i] = operands[i].memory().address() + offsets[i];
        }
        for (int i = 0; i < results.length; i++) {
            addresses[operands.length + i] = results[i].memory().address();
        }
        long frame = Scratch.of(layout.bytes() + 4096).address();
        loop.rows(addresses, steps, frame, rows, columns);
    }
}
