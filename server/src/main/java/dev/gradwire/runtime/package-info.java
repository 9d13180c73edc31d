/** Runs plans: one slot table a plan, released in one place; cancellation is polled between steps. */
@NullMarked
package dev.gradwire.runtime;

import org.jspecify.annotations.NullMarked;
