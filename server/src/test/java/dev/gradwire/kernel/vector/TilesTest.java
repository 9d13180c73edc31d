package dev.gradwire.kernel.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.Group;
import dev.gradwire.kernel.GroupOp;
import dev.gradwire.kernel.Kernel;
import dev.gradwire.kernel.KernelException;
import dev.gradwire.kernel.Lane;
import dev.gradwire.tensor.DType;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tile interpreter against {@link ReferenceGroup}, to the bit. */
final class TilesTest {
    private static final String EXTENTS = """
            1, 1
            1, 13
            13, 1
            3, 10
            7, 64
            64, 16
            128, 10
            207, 5
            1, 207
            1, 4098
            2, 4096
            5, 4099
            1, 100000
            1000, 1
            4500, 3
            130, 768
            300, 257
            """;

    /** Runs parts on so many threads. */
    private record Threads(ExecutorService pool) implements Lane {
        @Override
        public void poll() {}

        @Override
        public void split(int parts, IntConsumer part) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < parts; i++) {
                int number = i;
                running.add(pool.submit(() -> part.accept(number)));
            }
            for (Future<?> future : running) {
                try {
                    future.get();
                } catch (InterruptedException | ExecutionException e) {
                    throw new IllegalStateException(e);
                }
            }
        }
    }

    private final Threads two = new Threads(Executors.newFixedThreadPool(2));
    private final Threads three = new Threads(Executors.newFixedThreadPool(3));

    @AfterEach
    void stop() {
        two.pool.close();
        three.pool.close();
    }

    @ParameterizedTest
    @CsvSource(textBlock = EXTENTS)
    void computesWhatTheGroupMeans(long rows, long columns) {
        int groups = Math.clamp(500_000 / (rows * columns), 10, 100);
        for (int seed = 0; seed < groups; seed++) {
            Random random = new Random(1000L * seed + rows * 31 + columns);
            Group group = RandomGroups.draw(random, rows, columns, 1 + random.nextInt(seed % 8 == 7 ? 150 : 25));
            check(group, random, seed);
        }
    }

    private void check(Group group, Random random, int seed) {
        // Parts of a run read and write what the test allocated.
        try (Arena arena = Arena.ofShared()) {
            List<HostTensor> operands = operands(arena, group, random);
            List<Number[]> expected = ReferenceGroup.run(group, operands);
            for (VectorGroups groups : List.of(VectorGroups.withVectors(), VectorGroups.withoutVectors())) {
                Kernel kernel = groups.compile(group);
                for (Lane lane : List.of(Lane.ALONE, two, three)) {
                    List<HostTensor> results = results(arena, group);
                    write(kernel, operands, results, lane);
                    compare(group, expected, results, "seed " + seed);
                }
            }
        }
    }

    private static List<HostTensor> results(Arena arena, Group group) {
        return group.writes().stream()
                .map(write -> HostTensor.allocate(arena, group.dtype(write.value()), group.elements(write)))
                .toList();
    }

    private static void compare(Group group, List<Number[]> expected, List<HostTensor> results, String what) {
        compareNumbers(group, expected, results, what);
        for (HostTensor result : results) {
            assertThat(result.isIntact())
                    .as("%s: memory around results of %s", what, text(group))
                    .isTrue();
        }
    }

    private static void compareNumbers(Group group, List<Number[]> expected, List<HostTensor> results, String what) {
        for (int i = 0; i < results.size(); i++) {
            HostTensor result = results.get(i);
            Number[] numbers = expected.get(i);
            for (int j = 0; j < numbers.length; j++) {
                boolean same = result.dtype().isFloating()
                        ? Double.compare(result.real(j), numbers[j].doubleValue()) == 0
                        : result.whole(j) == numbers[j].longValue();
                if (!same) {
                    Object found = result.dtype().isFloating() ? (Object) result.real(j) : (Object) result.whole(j);
                    assertThat(found)
                            .as("%s, result %d, element %d of %s", what, i, j, text(group))
                            .isEqualTo(numbers[j]);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"2, 50", "300, 257", "2, 9000"})
    void endsWhereTheCallerHasGoneAway(long rows, long columns) {
        Random random = new Random(rows);
        for (int seed = 0; seed < 20; seed++) {
            Group group = RandomGroups.draw(random, rows, columns, 20);
            try (Arena arena = Arena.ofShared()) {
                List<HostTensor> operands = operands(arena, group, random);
                List<HostTensor> results = results(arena, group);
                Kernel kernel = VectorGroups.open().compile(group);
                AtomicInteger left = new AtomicInteger(random.nextInt(3));
                Lane gone = new Lane() {
                    @Override
                    public void poll() {
                        if (left.getAndDecrement() == 0) {
                            throw new IllegalStateException("gone");
                        }
                    }

                    @Override
                    public void split(int parts, IntConsumer part) {
                        ALONE.split(parts, part);
                    }
                };
                if (left.get() == 0) {
                    assertThatThrownBy(() -> write(kernel, operands, results, gone))
                            .hasMessage("gone");
                } else {
                    // Later, or never where there are not so many tiles.
                    Throwable ended = catchThrowable(() -> write(kernel, operands, results, gone));
                    if (ended != null) {
                        assertThat(ended).hasMessage("gone");
                    }
                }
                write(kernel, operands, results, Lane.ALONE);
                compare(group, ReferenceGroup.run(group, operands), results, "seed " + seed);
            }
        }
    }

    @Test
    void takesMemoryOfJava() {
        Random random = new Random(1);
        Group group = RandomGroups.draw(random, 30, 7, 20);
        List<HostTensor> operands = group.reads().stream()
                .map(read -> HostTensor.onHeap(read.dtype(), read.layout().lastOffset() + 1)
                        .fill(random))
                .toList();
        List<HostTensor> results = group.writes().stream()
                .map(write -> HostTensor.onHeap(group.dtype(write.value()), group.elements(write)))
                .toList();
        write(VectorGroups.open().compile(group), operands, results, Lane.ALONE);
        compareNumbers(group, ReferenceGroup.run(group, operands), results, "on the heap");
    }

    @Test
    void refusesWhatIsTooShort() {
        Group.Places row = new Group.Places(List.of(8L), List.of(1L), 3);
        Group group = new Group(
                2,
                4,
                List.of(new Group.Read(DType.FLOAT32, row, false)),
                List.of(new Group.Instruction(GroupOp.NEG, DType.FLOAT32, false, 0, -1, -1, 0)),
                List.of(new Group.Write(1, null)));
        Kernel kernel = VectorGroups.open().compile(group);
        HostTensor ten = HostTensor.onHeap(DType.FLOAT32, 10);
        HostTensor eleven = HostTensor.onHeap(DType.FLOAT32, 11);
        HostTensor seven = HostTensor.onHeap(DType.FLOAT32, 7);
        HostTensor eight = HostTensor.onHeap(DType.FLOAT32, 8);
        assertThatThrownBy(() -> write(kernel, List.of(ten), List.of(eight), Lane.ALONE))
                .isInstanceOf(KernelException.class)
                .hasMessage("operand 0 of a group has 40 bytes of 44");
        assertThatThrownBy(() -> write(kernel, List.of(eleven), List.of(seven), Lane.ALONE))
                .isInstanceOf(KernelException.class)
                .hasMessage("result 0 of a group has 28 bytes of 32");
        write(kernel, List.of(eleven), List.of(eight), Lane.ALONE);
    }

    private static void write(Kernel kernel, List<HostTensor> operands, List<HostTensor> results, Lane lane) {
        kernel.write(operands.toArray(DeviceTensor[]::new), results.toArray(DeviceTensor[]::new), lane);
    }

    private static List<HostTensor> operands(Arena arena, Group group, Random random) {
        return group.reads().stream()
                .map(read -> HostTensor.allocate(
                                arena, read.dtype(), read.layout().lastOffset() + 1)
                        .fill(random))
                .toList();
    }

    private static String text(Group group) {
        StringBuilder text = new StringBuilder(group.rows() + " × " + group.columns() + "\n");
        for (int i = 0; i < group.valueCount(); i++) {
            text.append(i).append(": ");
            text.append(
                    i < group.reads().size()
                            ? group.reads().get(i)
                            : group.instructions().get(i - group.reads().size()));
            text.append('\n');
        }
        return text.append(group.writes()).toString();
    }
}
