package dev.gradwire.kernel;

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
}
