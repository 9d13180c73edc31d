/** Derivatives as rewrites: a graph with {@code grad} and {@code jvp} nodes becomes one without. */
@NullMarked
package dev.gradwire.transform;

import org.jspecify.annotations.NullMarked;
