/**
 * PyTorch's kernels through the C functions that libtorch exports: the reference backend, and the one for CUDA.
 *
 * <p>{@link dev.gradwire.kernel.torch.TorchBackend} is the door. {@code LibraryLoader} finds and opens the library;
 * {@code Native}, {@code LibTorch} and {@code Boxes} declare its functions; {@code SchemaTable} holds what may be
 * called ({@code aten.txt}). {@code Arguments} checks a call against that, {@code Guards} and {@code ValueGuards}
 * against what native kernels are unsafe with. How a call is then made: {@code ViewKernels} for views, {@code
 * MakeKernels} for tensors made from numbers, {@code ShimKernels} for the library's typed functions, {@code
 * NumberKernels} for overloads with numbers, and {@code DispatcherKernel} for all others. What the library's two
 * calling forms take and refuse is written down in {@code docs/decisions/0002-libtorch-abi.md}.
 *
 * <p>This is the only package that calls native code.
 */
@NullMarked
package dev.gradwire.kernel.torch;

import org.jspecify.annotations.NullMarked;
