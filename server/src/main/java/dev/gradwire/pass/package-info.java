/**
 * From a graph to a plan: {@link dev.gradwire.pass.Pipeline} lists the passes in their order; one rewrite is one class
 * with its equation. {@link dev.gradwire.pass.Plan} is what comes out.
 */
@NullMarked
package dev.gradwire.pass;

import org.jspecify.annotations.NullMarked;
