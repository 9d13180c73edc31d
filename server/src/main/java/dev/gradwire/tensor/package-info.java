/**
 * What a tensor is: dtype, shape and bytes.
 *
 * <p>Everything here is immutable. {@link dev.gradwire.tensor.Tensor} is host data in row-major order; tensors on a
 * device are a kernel backend's business.
 */
@NullMarked
package dev.gradwire.tensor;

import org.jspecify.annotations.NullMarked;
