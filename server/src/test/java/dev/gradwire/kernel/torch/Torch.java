package dev.gradwire.kernel.torch;

import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.Kernel;
import dev.gradwire.kernel.KernelCall;
import dev.gradwire.kernel.KernelCall.Argument;
import dev.gradwire.kernel.Lane;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Calls kernels on host tensors, for tests; leaves no device tensor behind, whatever happens. */
final class Torch {
    static final TorchBackend CPU = TorchBackend.open("cpu");

    private Torch() {}

    static List<Tensor> run(String name, List<Tensor> operands, Object... arguments) {
        Kernel kernel = CPU.resolve(call(name, operands, arguments));
        DeviceTensor[] uploaded = operands.stream().map(CPU::upload).toArray(DeviceTensor[]::new);
        try {
            return take(kernel.run(uploaded));
        } finally {
            Arrays.stream(uploaded).forEach(DeviceTensor::close);
        }
    }

    static KernelCall call(String name, List<Tensor> operands, Object... arguments) {
        List<TensorType> types = operands.stream().map(Tensor::type).toList();
        return new KernelCall(
                name, Arrays.stream(arguments).map(Torch::argument).toList(), types, List.of());
    }

    /**
     * The same by {@link Kernel#write}, into memory that holds rubbish before; {@code expected} tells the types of the
     * results.
     */
    static List<Tensor> written(String name, List<Tensor> expected, List<Tensor> operands, Object... arguments) {
        DeviceTensor[] uploaded = operands.stream().map(CPU::upload).toArray(DeviceTensor[]::new);
        try {
            return written(CPU.resolve(typed(name, expected, operands, arguments)), expected, uploaded);
        } finally {
            Arrays.stream(uploaded).forEach(DeviceTensor::close);
        }
    }

    static List<Tensor> written(Kernel kernel, List<Tensor> expected, DeviceTensor... operands) {
        try (Arena arena = Arena.ofConfined()) {
            List<MemorySegment> memory = new ArrayList<>();
            List<DeviceTensor> results = new ArrayList<>();
            try {
                for (Tensor tensor : expected) {
                    MemorySegment bytes = arena.allocate(tensor.type().lengthInBytes(), 64);
                    bytes.fill((byte) 1);
                    memory.add(bytes);
                    results.add(CPU.wrap(bytes, tensor.type()));
                }
                kernel.write(operands, results.toArray(DeviceTensor[]::new), Lane.ALONE);
            } finally {
                results.forEach(DeviceTensor::close);
            }
            List<Tensor> written = new ArrayList<>();
            for (int i = 0; i < memory.size(); i++) {
                byte[] copy = memory.get(i).toArray(ValueLayout.JAVA_BYTE);
                written.add(new Tensor(expected.get(i).type(), MemorySegment.ofArray(copy)));
            }
            return written;
        }
    }

    static KernelCall typed(String name, List<Tensor> expected, List<Tensor> operands, Object... arguments) {
        KernelCall call = call(name, operands, arguments);
        return new KernelCall(
                name,
                call.arguments(),
                call.operands(),
                expected.stream().map(Tensor::type).toList());
    }

    /** The first result. */
    static Tensor one(String name, List<Tensor> operands, Object... arguments) {
        return run(name, operands, arguments).getFirst();
    }

    private static List<Tensor> take(DeviceTensor[] results) {
        List<Tensor> tensors = new ArrayList<>();
        for (DeviceTensor result : results) {
            tensors.add(download((TorchTensor) result));
            result.close();
        }
        return tensors;
    }

    static Tensor download(TorchTensor tensor) {
        DType dtype = Arrays.stream(DType.values())
                .filter(candidate -> LibTorch.code(candidate) == LibTorch.dtype(tensor.handle()))
                .findFirst()
                .orElseThrow();
        TensorType type = new TensorType(dtype, tensor.layout().shape());
        MemorySegment bytes = MemorySegment.ofArray(new byte[(int) type.lengthInBytes()]);
        CPU.download(tensor, type, bytes);
        return new Tensor(type, bytes);
    }

    /** Operand {@code index}. */
    static Argument op(int index) {
        return new Argument.Operand(index);
    }

    static Argument ops(Integer... indices) {
        return new Argument.Operands(List.of(indices));
    }

    static Argument none() {
        return new Argument.Optional(null);
    }

    static Argument some(Object value) {
        return new Argument.Optional(argument(value));
    }

    static Argument num(Number value) {
        return new Argument.Scalar(value);
    }

    static Argument ints(long... values) {
        return new Argument.Ints(Arrays.stream(values).boxed().toList());
    }

    static Argument argument(Object value) {
        return switch (value) {
            case Argument argument -> argument;
            case Integer number -> new Argument.Int(number);
            case Long number -> new Argument.Int(number);
            case Double number -> new Argument.Float(number);
            case Boolean bool -> new Argument.Bool(bool);
            case String text -> new Argument.Text(text);
            case DType dtype -> new Argument.Dtype(dtype);
            case long[] list -> ints(list);
            case boolean[] list -> {
                List<Boolean> values = new ArrayList<>();
                for (boolean entry : list) {
                    values.add(entry);
                }
                yield new Argument.Bools(values);
            }
            default -> throw new IllegalArgumentException(value.toString());
        };
    }

    static double[] doubles(Tensor tensor) {
        double[] values = new double[(int) tensor.type().shape().elements()];
        Arrays.setAll(values, i -> tensor.getDouble(i));
        return values;
    }

    static Tensor f32(Shape shape, double... values) {
        return Tensor.of(DType.FLOAT32, shape, values);
    }

    static Tensor f64(Shape shape, double... values) {
        return Tensor.of(DType.FLOAT64, shape, values);
    }

    static Tensor i64(Shape shape, double... values) {
        return Tensor.of(DType.INT64, shape, values);
    }
}
