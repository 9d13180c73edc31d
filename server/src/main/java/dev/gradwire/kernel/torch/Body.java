package dev.gradwire.kernel.torch;

/** What a kernel does once its operands are known to be open tensors of its backend. */
@FunctionalInterface
interface Body {
    /** Operands stay the caller's, results become the caller's. */
    TorchTensor[] run(TorchTensor[] operands);
}
