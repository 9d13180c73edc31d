package dev.gradwire.kernel.torch;

import static dev.gradwire.kernel.torch.Torch.CPU;
import static dev.gradwire.kernel.torch.Torch.ints;
import static dev.gradwire.kernel.torch.Torch.none;
import static dev.gradwire.kernel.torch.Torch.op;
import static dev.gradwire.kernel.torch.Torch.some;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.Kernel;
import dev.gradwire.kernel.KernelException;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ViewsTest {
    @AfterEach
    void everyTensorIsClosed() {
        assertThat(CPU.liveTensors()).isZero();
    }

    /** Row-major elements of an array, found by asking a function for each index: the slow truth. */
    private record Grid(Shape shape, List<Double> elements) {
        static Grid of(Shape shape, Function<long[], Double> element) {
            return new Grid(
                    shape,
                    LongStream.range(0, shape.elements())
                            .mapToObj(i -> element.apply(index(shape, i)))
                            .toList());
        }

        double at(long... index) {
            long flat = 0;
            for (int i = 0; i < index.length; i++) {
                flat = flat * shape.dim(i) + index[i];
            }
            return elements.get((int) flat);
        }

        Tensor tensor() {
            return Torch.f64(
                    shape, elements.stream().mapToDouble(Double::doubleValue).toArray());
        }

        static long[] index(Shape shape, long flat) {
            long[] index = new long[shape.rank()];
            for (int i = index.length - 1; i >= 0; i--) {
                index[i] = flat % shape.dim(i);
                flat /= shape.dim(i);
            }
            return index;
        }
    }

    /** One view: the kernel's name, its arguments, and what it should make of a grid. */
    private record Step(String name, List<Object> arguments, Grid result) {}

    private static Step random(Random random, Grid in) {
        Shape shape = in.shape;
        int rank = shape.rank();
        int dim = rank == 0 ? 0 : random.nextInt(rank);
        int choice = rank == 0 ? 1 : random.nextInt(9);
        switch (choice) {
            case 0 -> {
                List<Integer> order = new ArrayList<>();
                for (int i = 0; i < rank; i++) {
                    order.add(random.nextInt(order.size() + 1), i);
                }
                long[] dims = order.stream().mapToLong(i -> i).toArray();
                Shape target = Shape.of(order.stream().map(shape::dim).toList());
                return new Step("permute", List.of(ints(dims)), Grid.of(target, index -> {
                    long[] source = new long[rank];
                    for (int i = 0; i < rank; i++) {
                        source[(int) dims[i]] = index[i];
                    }
                    return in.at(source);
                }));
            }
            case 1 -> {
                int at = random.nextInt(rank + 1);
                return new Step("unsqueeze", List.of(at), new Grid(shape.insertDim(at, 1), in.elements));
            }
            case 2 -> {
                long start = random.nextLong(4) - 1;
                long end = random.nextLong(8) - 2;
                long step = 1 + random.nextLong(3);
                long size = shape.dim(dim);
                long from = Math.clamp(start < 0 ? start + size : start, 0, size);
                long to = Math.max(from, Math.clamp(end < 0 ? end + size : end, 0, size));
                Shape target = shape.withDim(dim, (to - from + step - 1) / step);
                return new Step("slice.Tensor", List.of(dim, some(start), some(end), step), Grid.of(target, index -> {
                    long[] source = index.clone();
                    source[dim] = from + index[dim] * step;
                    return in.at(source);
                }));
            }
            case 3 -> {
                if (shape.dim(dim) == 0) {
                    break;
                }
                long at = random.nextInt((int) shape.dim(dim));
                return new Step(
                        "select.int", List.of(dim, at - shape.dim(dim)), Grid.of(shape.withoutDim(dim), index -> {
                            long[] source = Shape.of(index).insertDim(dim, at).dims();
                            return in.at(source);
                        }));
            }
            case 4 -> {
                Shape target = shape.insertDim(0, 2);
                return new Step(
                        "expand",
                        List.of(ints(target.dims()), false),
                        Grid.of(target, index -> in.at(Arrays.copyOfRange(index, 1, index.length))));
            }
            case 5, 6 -> {
                return new Step(
                        random.nextBoolean() ? "reshape" : "view",
                        List.of(ints(-1, 1)),
                        new Grid(Shape.of(shape.elements(), 1), in.elements));
            }
            case 7 -> {
                if (rank < 2) {
                    break;
                }
                long offset = random.nextLong(3) - 1;
                long rows = shape.dim(0) + Math.min(offset, 0);
                long columns = shape.dim(rank - 1) - Math.max(offset, 0);
                long length = Math.max(0, Math.min(rows, columns));
                Shape target = shape.withoutDim(rank - 1).withoutDim(0).insertDim(rank - 2, length);
                return new Step("diagonal", List.of(offset, 0, -1), Grid.of(target, index -> {
                    long[] source = new long[rank];
                    System.arraycopy(index, 0, source, 1, rank - 2);
                    source[0] = index[rank - 2] + Math.max(-offset, 0);
                    source[rank - 1] = index[rank - 2] + Math.max(offset, 0);
                    return in.at(source);
                }));
            }
            default -> {
                long size = 1 + random.nextLong(2);
                long step = 1 + random.nextLong(2);
                if (shape.dim(dim) < size) {
                    break;
                }
                Shape target =
                        shape.withDim(dim, (shape.dim(dim) - size) / step + 1).insertDim(rank, size);
                return new Step("unfold", List.of(dim, size, step), Grid.of(target, index -> {
                    long[] source = Arrays.copyOf(index, rank);
                    source[dim] = index[dim] * step + index[rank];
                    return in.at(source);
                }));
            }
        }
        return new Step("alias", List.of(), in);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
    void viewsOfViewsSeeTheRightElements(int seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 20; round++) {
            Shape shape = Shape.of(2 + random.nextInt(3), 1 + random.nextInt(4), 3);
            Grid grid = Grid.of(shape, index -> (double) (index[0] * 100 + index[1] * 10 + index[2]));
            DeviceTensor tensor = CPU.upload(grid.tensor());
            for (int i = 0; i < 6 && grid.shape.rank() < 7; i++) {
                Step step = random(random, grid);
                List<Object> arguments = new ArrayList<>(List.of(op(0)));
                arguments.addAll(step.arguments);
                List<Tensor> result = List.of(step.result.tensor());
                Kernel kernel =
                        CPU.resolve(Torch.typed(step.name, result, List.of(grid.tensor()), arguments.toArray()));
                assertThat(Torch.doubles(Torch.written(kernel, result, tensor).getFirst()))
                        .as("%s written", step)
                        .isEqualTo(Torch.doubles(result.getFirst()));
                lookedAt(kernel, tensor, step);
                DeviceTensor next = kernel.run(new DeviceTensor[] {tensor})[0];
                tensor.close();
                tensor = next;
                grid = step.result;
                Tensor host = Torch.download((TorchTensor) tensor);
                assertThat(host.type().shape()).as("%s", step).isEqualTo(grid.shape);
                assertThat(Torch.doubles(host)).as("%s", step).isEqualTo(Torch.doubles(grid.tensor()));
            }
            tensor.close();
        }
    }

    /** What the layout function says, where it says that no copy is needed. */
    private static void lookedAt(Kernel kernel, DeviceTensor tensor, Step step) {
        Layout layout = Objects.requireNonNull(kernel.view()).apply(tensor.layout());
        if (layout != null) {
            try (TorchTensor view = CPU.view(tensor, layout)) {
                assertThat(Torch.doubles(Torch.download(view)))
                        .as("%s looked at", step)
                        .isEqualTo(Torch.doubles(step.result.tensor()));
            }
        }
    }

    @Test
    void wrappedMemoryIsReadAndStaysItsOwners() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, 2, 3, 4, 5, 6);
            try (TorchTensor tensor = CPU.wrap(memory, TensorType.of(DType.FLOAT32, 2, 3));
                    TorchTensor column = CPU.view(tensor, new Layout(new long[] {2}, new long[] {3}, 2))) {
                assertThat(tensor.memory().address()).isEqualTo(memory.address());
                assertThat(Torch.doubles(Torch.download(column))).containsExactly(3, 6);
                memory.setAtIndex(ValueLayout.JAVA_FLOAT, 5, 7);
                assertThat(Torch.doubles(Torch.download(column))).containsExactly(3, 7);
            }
            try (TorchTensor empty = CPU.wrap(MemorySegment.NULL, TensorType.of(DType.FLOAT32, 0, 3))) {
                assertThat(Torch.doubles(Torch.download(empty))).isEmpty();
            }
        }
    }

    @Test
    void noViewReachesBeyondItsBase() {
        try (TorchTensor base = CPU.upload(Torch.f32(Shape.of(2, 3), 1, 2, 3, 4, 5, 6))) {
            for (Layout beyond : List.of(
                    new Layout(new long[] {7}, new long[] {1}, 0),
                    new Layout(new long[] {3}, new long[] {1}, 4),
                    new Layout(new long[] {1}, new long[] {1}, -1),
                    new Layout(new long[] {2}, new long[] {-1}, 3))) {
                assertThatThrownBy(() -> CPU.view(base, beyond)).isInstanceOf(IllegalArgumentException.class);
            }
        }
    }

    @Test
    void memoryThatDoesNotFitIsNotWrapped() {
        TensorType type = TensorType.of(DType.FLOAT32, 2);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(16, 8);
            for (MemorySegment unfit :
                    List.of(MemorySegment.ofArray(new float[2]), memory.asSlice(0, 7), memory.asSlice(2))) {
                assertThatThrownBy(() -> CPU.wrap(unfit, type)).isInstanceOf(IllegalArgumentException.class);
            }
        }
    }

    @Test
    void aViewSharesStorage() {
        Tensor x = Torch.f32(Shape.of(2, 3), 1, 2, 3, 4, 5, 6);
        try (TorchTensor tensor = CPU.upload(x);
                TorchTensor view = (TorchTensor) CPU.resolve(Torch.call("permute", List.of(x), op(0), ints(1, 0)))
                        .run(new DeviceTensor[] {tensor})[0]) {
            assertThat(LibTorch.dataPointer(view.handle())).isEqualTo(LibTorch.dataPointer(tensor.handle()));
        }
    }

    @Test
    void aViewOutlivesWhatItIsAViewOf() {
        Tensor x = Torch.f32(Shape.of(4), 1, 2, 3, 4);
        TorchTensor tensor = CPU.upload(x);
        DeviceTensor view = CPU.resolve(Torch.call("slice.Tensor", List.of(x), op(0), 0, some(2), none(), 1))
                .run(new DeviceTensor[] {tensor})[0];
        tensor.close();
        assertThat(Torch.doubles(Torch.download((TorchTensor) view))).containsExactly(3, 4);
        view.close();
    }

    @Test
    void asStridedCountsInRowMajorOrder() {
        Tensor x = Torch.f32(Shape.of(2, 3), 1, 2, 3, 4, 5, 6);
        assertThat(Torch.doubles(Torch.one("as_strided", List.of(x), op(0), ints(2, 2), ints(1, 2), some(1))))
                .containsExactly(2, 4, 3, 5);
    }

    static Stream<Arguments> wrong() {
        return Stream.of(
                Arguments.of("view", List.of(ints(4))),
                Arguments.of("view", List.of(ints(-1, -1))),
                Arguments.of("view", List.of(ints(0, -1))),
                Arguments.of("view", List.of(ints(Long.MAX_VALUE, 4))),
                Arguments.of("permute", List.of(ints(0, 0))),
                Arguments.of("permute", List.of(ints(0))),
                Arguments.of("permute", List.of(ints(0, 2))),
                Arguments.of("transpose.int", List.of(0, 5)),
                Arguments.of("expand", List.of(ints(4, 3), false)),
                Arguments.of("expand", List.of(ints(-1, 2, 3), false)),
                Arguments.of("slice.Tensor", List.of(0, none(), none(), 0)),
                Arguments.of("slice.Tensor", List.of(3, none(), none(), 1)),
                Arguments.of("narrow", List.of(0, 1, 2)),
                Arguments.of("narrow", List.of(0, 0, -1)),
                Arguments.of("select.int", List.of(0, 2)),
                Arguments.of("select.int", List.of(0, -3)),
                Arguments.of("unsqueeze", List.of(3)),
                Arguments.of("squeeze.dim", List.of(-3)),
                Arguments.of("diagonal", List.of(0, 1, 1)),
                Arguments.of("unfold", List.of(0, 3, 1)),
                Arguments.of("unfold", List.of(0, 1, 0)),
                Arguments.of("as_strided", List.of(ints(2, 3), ints(3, 1), some(1))),
                Arguments.of("as_strided", List.of(ints(2), ints(-1), some(1))),
                Arguments.of("as_strided", List.of(ints(1L << 62), ints(1L << 62), none())),
                Arguments.of("movedim.intlist", List.of(ints(0, 0), ints(0, 1))));
    }

    @ParameterizedTest
    @MethodSource
    void wrong(String name, List<Object> arguments) {
        Tensor x = Torch.f32(Shape.of(2, 3), 1, 2, 3, 4, 5, 6);
        List<Object> all = new ArrayList<>(List.of(op(0)));
        all.addAll(arguments);
        assertThatThrownBy(() -> CPU.resolve(Torch.call(name, List.of(x), all.toArray())))
                .isInstanceOf(KernelException.class);
    }
}
