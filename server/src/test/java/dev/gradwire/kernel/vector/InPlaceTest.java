package dev.gradwire.kernel.vector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.kernel.Group;
import dev.gradwire.kernel.Group.Instruction;
import dev.gradwire.kernel.Group.Places;
import dev.gradwire.kernel.Group.Read;
import dev.gradwire.kernel.Group.Write;
import dev.gradwire.kernel.GroupOp;
import dev.gradwire.kernel.Lane;
import dev.gradwire.tensor.DType;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Results that stand where an operand did. */
class InPlaceTest {
    private static final int ROWS = 3;
    private static final int COLUMNS = 7;

    private static Instruction line(GroupOp op, int a, int b) {
        return new Instruction(op, DType.FLOAT32, op.isReduction(), a, b, -1, 0);
    }

    private static Read read(DType dtype, Places places) {
        return new Read(dtype, places, false);
    }

    private static Group group(List<Instruction> lines, List<Write> writes) {
        return group(Places.inOrder(ROWS * COLUMNS), lines, writes);
    }

    private static Group group(Places places, List<Instruction> lines, List<Write> writes) {
        List<Read> reads = List.of(read(DType.FLOAT32, places), read(DType.FLOAT32, Places.inOrder(ROWS * COLUMNS)));
        return new Group(ROWS, COLUMNS, reads, lines, writes);
    }

    @Test
    void onlyWhereNothingElseIsReadAfterwards() {
        Group group = group(
                List.of(line(GroupOp.MUL, 0, 1), line(GroupOp.ADD, 2, 1), line(GroupOp.EXP, 3, -1)),
                List.of(new Write(2, null), new Write(4, null), new Write(3, GroupOp.SUM)));
        assertThat(InPlace.isPossible(group, 0, 0)).isTrue();
        assertThat(InPlace.isPossible(group, 0, 1)).isTrue();
        assertThat(InPlace.isPossible(group, 1, 0))
                .as("its sum needs operand 1")
                .isFalse();
        assertThat(InPlace.isPossible(group, 1, 1)).isTrue();
        assertThat(InPlace.isPossible(group, 0, 2)).as("a total").isFalse();
    }

    @Test
    void notWhereRowsArePassedTwiceOrElementsLieElsewhere() {
        Group reducing = group(List.of(line(GroupOp.SUM, 0, -1), line(GroupOp.MUL, 0, 2)), List.of(new Write(3, null)));
        assertThat(InPlace.isPossible(reducing, 0, 0)).isFalse();
        Places transposed = new Places(List.of(7L, 3L), List.of(1L, 7L), 0);
        List<Instruction> product = List.of(line(GroupOp.MUL, 0, 1));
        assertThat(InPlace.isPossible(group(transposed, product, List.of(new Write(2, null))), 0, 0))
                .isFalse();
        assertThat(InPlace.isPossible(group(Places.SINGLE, product, List.of(new Write(2, null))), 0, 0))
                .isFalse();
        Group copied = group(product, List.of(new Write(2, null), new Write(0, null)));
        assertThat(InPlace.isPossible(copied, 0, 0)).as("also stored as it is").isFalse();
        Group cast = new Group(
                ROWS,
                COLUMNS,
                List.of(read(DType.FLOAT32, Places.inOrder(ROWS * COLUMNS))),
                List.of(new Instruction(GroupOp.CAST, DType.FLOAT64, false, 0, -1, -1, 0)),
                List.of(new Write(1, null)));
        assertThat(InPlace.isPossible(cast, 0, 0)).as("of another size").isFalse();
    }

    /** Both ways to run a group, alone and on threads, against results that stand elsewhere. */
    @ParameterizedTest
    @CsvSource({"1, 13, 300", "5, 207, 300", "3, 4098, 150", "1, 300000, 30", "300, 257, 90", "9000, 1, 90"})
    void givesTheSameBits(long rows, long columns, int cases) {
        int tried = 0;
        for (int seed = 0; seed < cases; seed++) {
            Random random = new Random(rows + 31 * columns + 1000L * seed);
            Group drawn = LoopGroups.draw(random, rows, columns, 1 + random.nextInt(6));
            TieredKernel kernel = (TieredKernel) VectorGroups.withVectors().compile(drawn);
            Group group = kernel.group();
            LoopBinding binding = LoopBinding.of(group);
            for (int read = 0; read < group.reads().size(); read++) {
                for (int write = 0; write < group.writes().size(); write++) {
                    if (!kernel.mayReplace(read, write)) {
                        continue;
                    }
                    tried++;
                    check(group, kernel.interpreter(), random.nextLong(), read, write);
                    if (binding != null) {
                        GroupLoop loop = LoopCompiler.define(new LoopWriter(binding.plan()).write());
                        check(group, new LoopRun(binding, loop), random.nextLong(), read, write);
                    }
                }
            }
        }
        assertThat(tried).isPositive();
    }

    private static void check(Group group, GroupRun run, long seed, int read, int write) {
        for (Lane lane : List.of(Lane.ALONE, LoopsTest.THREADS)) {
            try (Arena arena = Arena.ofShared()) {
                HostTensor[] expected = LoopsTest.results(arena, group);
                run.run(operands(arena, group, seed), expected, Lane.ALONE);
                HostTensor[] operands = operands(arena, group, seed);
                HostTensor[] actual = LoopsTest.results(arena, group);
                actual[write] =
                        operands[read].as(group.dtype(group.writes().get(write).value()));
                run.run(operands, actual, lane);
                LoopsTest.assertSame(expected, actual, group);
            }
        }
    }

    private static HostTensor[] operands(Arena arena, Group group, long seed) {
        Random random = new Random(seed);
        return group.reads().stream()
                .map(read -> HostTensor.allocate(
                                arena, read.dtype(), read.layout().lastOffset() + 1)
                        .fill(random))
                .toArray(HostTensor[]::new);
    }
}
