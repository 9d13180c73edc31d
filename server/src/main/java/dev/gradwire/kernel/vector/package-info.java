/**
 * Fused elementwise loops for the CPU. No other package may import {@code jdk.incubator.vector}: it is an incubating
 * API, and this is the door through which it can be exchanged.
 *
 * <p>Its unit of work is a <i>group</i>: a chain of elementwise operations with its broadcasts and reductions over
 * operands of any strides, run as one pass over memory. The contract of whatever runs a group:
 *
 * <ul>
 *   <li>it is a {@link dev.gradwire.kernel.Kernel}: stateless, safe for use by many threads, operands stay the
 *       caller's and results become the caller's;
 *   <li>results agree with those of the reference backend within a few units in the last place, NaN, infinities and
 *       signed zeros included;
 *   <li>results do not depend on the number of threads nor on the width of the machine's vectors: reductions follow a
 *       fixed tree over the elements' row-major order;
 *   <li>it can be cancelled between tiles, and a tile is small enough for that to take well under a millisecond.
 * </ul>
 *
 * <p>Every group is run by the tile interpreter ({@link dev.gradwire.kernel.vector.TileProgram}) first; one that is run a
 * lot becomes a loop of its own ({@link dev.gradwire.kernel.vector.LoopCompiler}), with the same bits. The system
 * property {@code gradwire.tier} holds it to the interpreter (0) or makes loops at once (1).
 */
@NullMarked
package dev.gradwire.kernel.vector;

import org.jspecify.annotations.NullMarked;
