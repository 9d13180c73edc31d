package dev.gradwire.kernel.vector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.Group;
import dev.gradwire.kernel.Group.Instruction;
import dev.gradwire.kernel.GroupOp;
import dev.gradwire.kernel.Lane;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What groups do not compute twice. */
class SimplifierTest {
    private static final int COLUMNS = 5;

    private static Instruction line(GroupOp op, boolean perRow, int a, int b) {
        return new Instruction(op, DType.FLOAT32, perRow, a, b, -1, 0);
    }

    private static Instruction constant(double number) {
        return new Instruction(GroupOp.CONSTANT, DType.FLOAT32, true, -1, -1, -1, Double.doubleToRawLongBits(number));
    }

    private static Group group(List<Instruction> lines, List<Group.Write> writes) {
        Group.Read read = new Group.Read(DType.FLOAT32, Group.Places.of(Layout.contiguous(Shape.of(COLUMNS))), false);
        return new Group(1, COLUMNS, List.of(read), lines, writes);
    }

    @Test
    void computesTheSameOnce() {
        Group group = group(
                List.of(
                        constant(0.7071067811865476),
                        line(GroupOp.MUL, false, 0, 1),
                        line(GroupOp.ERF, false, 2, -1),
                        constant((float) 0.7071067811865476),
                        line(GroupOp.MUL, false, 4, 0),
                        line(GroupOp.ERF, false, 5, -1),
                        line(GroupOp.SUB, false, 3, 0),
                        line(GroupOp.SUB, false, 0, 6),
                        line(GroupOp.TANH, false, 0, -1)),
                List.of(new Group.Write(7, null), new Group.Write(8, null)));
        Group simple = Simplifier.simplified(group);
        assertThat(simple.instructions())
                .extracting(Instruction::op)
                .containsExactly(GroupOp.CONSTANT, GroupOp.MUL, GroupOp.ERF, GroupOp.SUB, GroupOp.SUB);
        assertThat(simple.writes()).containsExactly(new Group.Write(4, null), new Group.Write(5, null));
        assertThat(simple.instructions().get(4)).isEqualTo(line(GroupOp.SUB, false, 0, 3));
    }

    /** Rows with −∞ among them, or nothing else, or ∞ or NaN. */
    @Test
    void takesTheExponentialOfALogSoftmaxForTheSoftmax() {
        Group group = group(
                List.of(
                        line(GroupOp.MAX, true, 0, -1),
                        line(GroupOp.SUB, false, 0, 1),
                        line(GroupOp.EXP, false, 2, -1),
                        line(GroupOp.SUM, true, 3, -1),
                        line(GroupOp.LOG, true, 4, -1),
                        line(GroupOp.SUB, false, 2, 5),
                        line(GroupOp.EXP, false, 6, -1)),
                List.of(new Group.Write(7, null)));
        assertThat(Simplifier.simplified(group).instructions())
                .extracting(Instruction::op)
                .containsExactly(GroupOp.MAX, GroupOp.SUB, GroupOp.EXP, GroupOp.SUM, GroupOp.RECIPROCAL, GroupOp.MUL);
        float inf = Float.POSITIVE_INFINITY;
        float[][] rows = {
            {1, 2, 3, -4, 0.5f},
            {100, 0, -100, 99, 3},
            {-inf, 0, 1, -inf, 2},
            {-inf, -inf, -inf, -inf, -inf},
            {inf, 0, 1, 2, 3},
            {0, Float.NaN, 1, 2, 3},
            {1e30f, -1e30f, 0, 1, 2}
        };
        for (float[] row : rows) {
            double most = Double.NEGATIVE_INFINITY;
            double sum = 0;
            for (float x : row) {
                most = Math.max(most, x);
            }
            for (float x : row) {
                sum += Math.exp(x - most);
            }
            try (Arena arena = Arena.ofConfined()) {
                HostTensor x = HostTensor.allocate(arena, DType.FLOAT32, COLUMNS);
                HostTensor y = HostTensor.allocate(arena, DType.FLOAT32, COLUMNS);
                for (int i = 0; i < COLUMNS; i++) {
                    x.memory().setAtIndex(ValueLayout.JAVA_FLOAT, i, row[i]);
                }
                VectorGroups.open().compile(group).write(new DeviceTensor[] {x}, new DeviceTensor[] {y}, Lane.ALONE);
                for (int i = 0; i < COLUMNS; i++) {
                    float expected = (float) Math.exp(row[i] - most - Math.log(sum));
                    if (Float.isNaN(expected)) {
                        assertThat(y.real(i)).isNaN();
                    } else {
                        // a subnormal number has few digits
                        assertThat(y.real(i)).isBetween(expected * 0.999999 - 1e-43, expected * 1.000001 + 1e-43);
                    }
                }
            }
        }
    }
}
