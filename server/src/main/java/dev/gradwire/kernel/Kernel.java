package dev.gradwire.kernel;

import dev.gradwire.tensor.Layout;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A resolved computation; stateless, safe for use by many threads. */
@FunctionalInterface
public interface Kernel {
    /**
     * Runs on the operands in the order of the call's {@link KernelCall#operands()}. Operands stay the caller's; the
     * results become the caller's.
     *
     * @throws KernelException when the computation fails for these values
     */
    DeviceTensor[] run(DeviceTensor[] operands);

    /** Whether {@link #write} may be called. */
    default boolean writes() {
        return false;
    }

    /**
     * The same into tensors of the call's result types, contiguous, which share no storage with operands, but for one
     * that they {@linkplain #mayReplace may replace}. All stay the caller's.
     */
    default void write(DeviceTensor[] operands, DeviceTensor[] results, Lane lane) {
        throw new UnsupportedOperationException();
    }

    /** Whether {@link #write} may put a result where an operand lies, whose data are then lost. */
    default boolean mayReplace(int operand, int result) {
        return false;
    }

    /** Whether it runs a {@link Group}. */
    default boolean isGroup() {
        return false;
    }

    /**
     * Where it does nothing but look at its operand in another way: how the operand's elements are then laid out. Null
     * for anything else; the function returns null for a layout that takes a copy.
     */
    default @Nullable UnaryOperator<@Nullable Layout> view() {
        return null;
    }
}
