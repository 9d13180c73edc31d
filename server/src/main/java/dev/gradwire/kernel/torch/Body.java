package dev.gradwire.kernel.torch;

import dev.gradwire.kernel.Lane;
import dev.gradwire.tensor.Layout;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What a kernel does once its operands are known to be open tensors of its backend. */
@FunctionalInterface
interface Body {
    /** Operands stay the caller's, results become the caller's. */
    TorchTensor[] run(TorchTensor[] operands);

    /** Whether {@link #write} computes in place: without it results are made and copied. */
    default boolean writes() {
        return false;
    }

    /** The same into contiguous tensors that have just the types of the results. All stay the caller's. */
    default void write(TorchTensor[] operands, TorchTensor[] results, Lane lane) {
        throw new UnsupportedOperationException();
    }

    /** See {@link dev.gradwire.kernel.Kernel#view}. */
    default @Nullable UnaryOperator<@Nullable Layout> view() {
        return null;
    }
}
