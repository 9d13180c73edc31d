package dev.gradwire.kernel.torch;

import dev.gradwire.kernel.KernelCall.Argument;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How one argument gets into its 64-bit place on the dispatcher's stack. What the dispatcher deletes or takes over
 * (tensor handles, lists, texts, cells of optionals) is made anew for every call.
 */
@FunctionalInterface
interface Slot {
    long encode(TorchTensor[] operands);

    /** A missing optional, and every other value that does not change from call to call. */
    private static Slot constant(long bits) {
        return operands -> bits;
    }

    /**
     * @param argument has been checked against {@code type}
     * @throws IllegalArgumentException for what the dispatcher does not take
     */
    static Slot of(Schema.Type type, Argument argument, TorchBackend backend) {
        @Nullable Argument value = argument instanceof Argument.Optional optional ? optional.value() : argument;
        if (type.base() == Schema.Base.DEVICE) {
            long device = (long) backend.deviceType() << 32 | backend.deviceIndex();
            return operands -> Boxes.newCell(device);
        }
        if (value == null) {
            return constant(0);
        }
        Slot present = present(type, value);
        return type.optional() ? operands -> Boxes.newCell(present.encode(operands)) : present;
    }

    private static Slot present(Schema.Type type, Argument value) {
        if (type.base() == Schema.Base.SCALAR) {
            throw new IllegalArgumentException("libtorch takes no plain number here");
        }
        return switch (value) {
            case Argument.Operand operand -> tensor(operand.index());
            case Argument.Operands list ->
                list(list.indices().stream()
                        .map(index -> index < 0 ? constant(0) : element(type, index))
                        .toArray(Slot[]::new));
            case Argument.Int number ->
                constant(
                        type.base() == Schema.Base.FLOAT
                                ? Double.doubleToRawLongBits((double) number.value())
                                : number.value());
            case Argument.Float number -> constant(Double.doubleToRawLongBits(number.value()));
            case Argument.Bool bool -> constant(bool.value() ? 1 : 0);
            case Argument.Dtype dtype -> constant(LibTorch.code(dtype.value()));
            case Argument.Ints list ->
                list(entries(type, list.values()).stream().map(Slot::constant).toArray(Slot[]::new));
            case Argument.Bools list ->
                list(list.values().stream().map(bool -> constant(bool ? 1 : 0)).toArray(Slot[]::new));
            case Argument.Text text -> text(text.value());
            case Argument.Scalar _, Argument.Optional _ -> throw new IllegalStateException("not checked: " + value);
        };
    }

    private static List<Long> entries(Schema.Type type, List<Long> given) {
        return given.size() == 1 && type.size() > 1 ? Collections.nCopies(type.size(), given.getFirst()) : given;
    }

    private static Slot tensor(int index) {
        return operands -> LibTorch.newHandle(operands[index].handle());
    }

    private static Slot element(Schema.Type type, int index) {
        Slot tensor = tensor(index);
        return type.optionalElements() ? operands -> Boxes.newCell(tensor.encode(operands)) : tensor;
    }

    private static Slot list(Slot[] elements) {
        return operands -> {
            long list = Boxes.newList(elements.length);
            for (Slot element : elements) {
                Boxes.push(list, element.encode(operands));
            }
            return list;
        };
    }

    /** The bytes live as long as the slot. */
    private static Slot text(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        MemorySegment bytes = Arena.ofAuto().allocate(Math.max(1, utf8.length));
        MemorySegment.copy(utf8, 0, bytes, java.lang.foreign.ValueLayout.JAVA_BYTE, 0, utf8.length);
        return operands -> Boxes.newText(bytes.address(), utf8.length);
    }
}
