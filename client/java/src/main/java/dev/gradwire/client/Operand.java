package dev.gradwire.client;

import dev.gradwire.v1.Argument;
import dev.gradwire.v1.BoolList;
import dev.gradwire.v1.FloatList;
import dev.gradwire.v1.IntList;
import dev.gradwire.v1.NoneValue;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** An argument of a recorded call: tensors, or something that has its form on the wire already. */
sealed interface Operand {
    record One(Tensor tensor) implements Operand {}

    /** A null stands for None. */
    record Many(List<@Nullable Tensor> tensors) implements Operand {}

    record Fixed(Argument argument) implements Operand {}

    /** A function of the program. */
    record Body(RecordedFunction function) implements Operand {}

    /** The tensors that it holds, without None. */
    default Stream<Tensor> stream() {
        return switch (this) {
            case One(Tensor tensor) -> Stream.of(tensor);
            case Many(List<@Nullable Tensor> tensors) -> tensors.stream().filter(Objects::nonNull);
            case Fixed _, Body _ -> Stream.of();
        };
    }

    /**
     * Real and complex numbers, truth values, text, element types, tensor data, arrays and lists of these, tensors, lists of tensors;
     * null for None.
     *
     * @throws IllegalArgumentException for anything else
     */
    static Operand of(@Nullable Object value) {
        Argument.Builder wire = Argument.newBuilder();
        return switch (value) {
            case null -> new Fixed(wire.setNone(NoneValue.getDefaultInstance()).build());
            case Tensor tensor -> new One(tensor);
            case RecordedFunction function -> new Body(function);
            case Boolean bool -> new Fixed(wire.setBool(bool).build());
            case Float number -> new Fixed(wire.setFloat(number).build());
            case Double number -> new Fixed(wire.setFloat(number).build());
            case Long number -> new Fixed(wire.setInt(number).build());
            case Integer number -> new Fixed(wire.setInt(number).build());
            case Short number -> new Fixed(wire.setInt(number).build());
            case Byte number -> new Fixed(wire.setInt(number).build());
            case Complex number -> new Fixed(wire.setComplex(message(number)).build());
            case String text -> new Fixed(wire.setString(text).build());
            case DType dtype -> new Fixed(wire.setDtype(dtype.wire()).build());
            case TensorData data -> new Fixed(wire.setTensor(message(data)).build());
            case long[] array -> ints(Arrays.stream(array));
            case int[] array -> ints(Arrays.stream(array).asLongStream());
            case double[] array -> floats(Arrays.stream(array).boxed().toList());
            case boolean[] array -> {
                BoolList.Builder list = BoolList.newBuilder();
                for (boolean item : array) {
                    list.addValues(item);
                }
                yield new Fixed(wire.setBools(list).build());
            }
            case Object[] array -> list(Arrays.asList(array));
            case List<?> list -> list(list);
            default -> throw unusable(value);
        };
    }

    private static Operand list(List<?> items) {
        if (!items.isEmpty() && items.stream().allMatch(item -> item == null || item instanceof Tensor)) {
            return new Many(Collections.unmodifiableList(
                    items.stream().<@Nullable Tensor>map(Tensor.class::cast).toList()));
        }
        if (items.stream().allMatch(item -> item instanceof Long || item instanceof Integer)) {
            return ints(items.stream().mapToLong(item -> ((Number) item).longValue()));
        }
        if (items.stream().allMatch(item -> item instanceof Number && !(item instanceof Complex))) {
            return floats(
                    items.stream().map(item -> ((Number) item).doubleValue()).toList());
        }
        if (items.stream().allMatch(item -> item instanceof Boolean)) {
            BoolList bools = BoolList.newBuilder()
                    .addAllValues(items.stream().map(Boolean.class::cast).toList())
                    .build();
            return new Fixed(Argument.newBuilder().setBools(bools).build());
        }
        throw unusable(items);
    }

    private static Operand ints(LongStream values) {
        IntList list =
                IntList.newBuilder().addAllValues(values.boxed().toList()).build();
        return new Fixed(Argument.newBuilder().setInts(list).build());
    }

    private static Operand floats(List<Double> values) {
        FloatList list = FloatList.newBuilder().addAllValues(values).build();
        return new Fixed(Argument.newBuilder().setFloats(list).build());
    }

    private static dev.gradwire.v1.Complex message(Complex number) {
        return dev.gradwire.v1.Complex.newBuilder()
                .setReal(number.real())
                .setImag(number.imaginary())
                .build();
    }

    static dev.gradwire.v1.Tensor message(TensorData data) {
        return message(data, false);
    }

    /** @param packed whether it may be, as graphs may not contain such */
    static dev.gradwire.v1.Tensor message(TensorData data, boolean packed) {
        Packing.Packed bytes = Packing.Packed.of(data.wireBytes(), packed);
        return dev.gradwire.v1.Tensor.newBuilder()
                .setDtype(data.dtype().wire())
                .addAllDims(data.type().dims())
                .setData(bytes.bytes())
                .setEncoding(bytes.encoding())
                .build();
    }

    private static IllegalArgumentException unusable(Object value) {
        return new IllegalArgumentException("an operator takes tensors, numbers, text and lists of them, but not "
                + value.getClass().getSimpleName() + " " + value);
    }
}
