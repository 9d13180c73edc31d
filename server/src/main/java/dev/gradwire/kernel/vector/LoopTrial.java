package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.Group;
import dev.gradwire.kernel.Lane;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A loop and the tile interpreter side by side, on numbers made up for it. */
final class LoopTrial {
    /** Rows and columns: vectors' tails, chunks' ends, blocks of rows. */
    private static final long[][] SIZES = {{1, 1}, {3, 13}, {1, 207}, {2, 4098}, {67, 35}, {1, 8195}};

    /** Places that a race is run on. */
    private static final long RACE_PLACES = 1 << 14;

    private static final long RACE_NANOS = 30_000_000_000L;

    /** How often a loop has to win, one time after the other. */
    private static final int WINS = 20;

    private static final double[] SPECIAL = {
        0.0,
        -0.0,
        1,
        -1,
        0.5,
        Double.NaN,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY,
        1e30,
        -1e30,
        1e-40,
        88.8,
        -103.9,
        3e5,
        -7e6,
        2,
        1e300
    };

    private final Group group;
    private final Function<Group, GroupRun> interpreter;

    LoopTrial(Group group, Function<Group, GroupRun> interpreter) {
        this.group = group;
        this.interpreter = interpreter;
    }

    /** Where a loop differs from the interpreter in a bit; null where it does not. */
    static @Nullable String difference(LoopForm form, Function<Group, GroupRun> interpreter, GroupLoop loop) {
        SplittableRandom random = new SplittableRandom(form.hashCode());
        for (long[] size : SIZES) {
            if (size[1] == 1 && form.writes().stream().anyMatch(write -> write.overRows() != null)) {
                continue;
            }
            Group group = form.group(size[0], size[1]);
            LoopBinding binding = LoopBinding.of(group, form);
            for (double special : new double[] {0, 0.02, 0.3}) {
                try (Arena arena = Arena.ofConfined()) {
                    DeviceTensor[] operands = operands(arena, group, random, special);
                    DeviceTensor[] expected = results(arena, group);
                    DeviceTensor[] actual = results(arena, group);
                    interpreter.apply(group).run(operands, expected, Lane.ALONE);
                    new LoopRun(binding, loop).run(operands, actual, Lane.ALONE);
                    String difference = difference(group, expected, actual);
                    if (difference != null) {
                        return difference + " for " + size[0] + " x " + size[1];
                    }
                }
            }
        }
        return null;
    }

    private static @Nullable String difference(Group group, DeviceTensor[] expected, DeviceTensor[] actual) {
        for (int i = 0; i < expected.length; i++) {
            DType dtype = group.dtype(group.writes().get(i).value());
            long elements = group.elements(group.writes().get(i));
            for (long j = 0; j < elements; j++) {
                long a = bits(dtype, expected[i].memory(), j);
                long b = bits(dtype, actual[i].memory(), j);
                if (a != b) {
                    return "result " + i + " at " + j + " has bits " + Long.toHexString(b) + " instead of "
                            + Long.toHexString(a);
                }
            }
        }
        return null;
    }

    /** The bits of an element; the same for each NaN. */
    private static long bits(DType dtype, MemorySegment memory, long element) {
        return switch (dtype) {
            case FLOAT32 -> Float.floatToIntBits(memory.getAtIndex(ValueLayout.JAVA_FLOAT, element));
            case FLOAT64 -> Double.doubleToLongBits(memory.getAtIndex(ValueLayout.JAVA_DOUBLE, element));
            case INT32 -> memory.getAtIndex(ValueLayout.JAVA_INT, element);
            case INT64 -> memory.getAtIndex(ValueLayout.JAVA_LONG, element);
            default -> memory.get(ValueLayout.JAVA_BYTE, element);
        };
    }

    /**
     * Runs a loop until it is faster than the interpreter, as it is once the JVM has compiled it, on rows as long as the
     * group's; false if it never is.
     */
    boolean isFaster(LoopRun run) {
        LoopForm form = run.form();
        long columns = Math.min(group.columns(), RACE_PLACES);
        long rows = Math.clamp(RACE_PLACES / columns, 1, group.rows());
        Group small = form.group(rows, columns);
        try (Arena arena = Arena.ofConfined()) {
            SplittableRandom random = new SplittableRandom(1);
            DeviceTensor[] operands = operands(arena, small, random, 0.001);
            DeviceTensor[] results = results(arena, small);
            GroupRun slow = interpreter.apply(small);
            GroupRun fast = run.of(LoopBinding.of(small, form));
            long start = System.nanoTime();
            int wins = 0;
            while (wins < WINS && System.nanoTime() - start < RACE_NANOS) {
                long before = System.nanoTime();
                slow.run(operands, results, Lane.ALONE);
                long between = System.nanoTime();
                fast.run(operands, results, Lane.ALONE);
                long after = System.nanoTime();
                wins = after - between <= between - before ? wins + 1 : 0;
            }
            return wins == WINS;
        }
    }

    private static DeviceTensor[] operands(Arena arena, Group group, SplittableRandom random, double special) {
        return group.reads().stream()
                .map(read -> {
                    long elements = read.layout().lastOffset() + 1;
                    MemorySegment memory = memory(arena, read.dtype(), elements);
                    for (long i = 0; i < elements; i++) {
                        fill(read.dtype(), memory, i, random, special);
                    }
                    return new Numbers(elements, memory);
                })
                .toArray(DeviceTensor[]::new);
    }

    private static DeviceTensor[] results(Arena arena, Group group) {
        return group.writes().stream()
                .map(write -> new Numbers(
                        group.elements(write), memory(arena, group.dtype(write.value()), group.elements(write))))
                .toArray(DeviceTensor[]::new);
    }

    private static MemorySegment memory(Arena arena, DType dtype, long elements) {
        return arena.allocate(elements * dtype.sizeInBytes(), 64);
    }

    private static void fill(DType dtype, MemorySegment memory, long element, SplittableRandom random, double special) {
        boolean odd = random.nextDouble() < special;
        double number = odd ? SPECIAL[random.nextInt(SPECIAL.length)] : random.nextDouble(-3, 3);
        switch (dtype) {
            case FLOAT32 -> memory.setAtIndex(ValueLayout.JAVA_FLOAT, element, (float) number);
            case FLOAT64 -> memory.setAtIndex(ValueLayout.JAVA_DOUBLE, element, number);
            case INT32 -> memory.setAtIndex(ValueLayout.JAVA_INT, element, odd ? random.nextInt() : (int) (4 * number));
            case INT64 ->
                memory.setAtIndex(ValueLayout.JAVA_LONG, element, odd ? random.nextLong() : (long) (4 * number));
            default -> memory.set(ValueLayout.JAVA_BYTE, element, (byte) (number > 0 ? 1 : 0));
        }
    }

    /** A tensor in memory of a trial. */
    private record Numbers(long elements, MemorySegment memory) implements DeviceTensor {
        @Override
        public Layout layout() {
            return Layout.contiguous(Shape.of(elements));
        }

        @Override
        public void close() {}
    }
}
