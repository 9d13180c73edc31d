/**
 * {@code gradwire soak}: the long rows of the test matrix in docs/reliability.md. Each {@link dev.gradwire.cli.soak.Row}
 * starts servers of its own, treats them badly for its share of the time, and holds figures to their limits.
 */
@org.jspecify.annotations.NullMarked
package dev.gradwire.cli.soak;
