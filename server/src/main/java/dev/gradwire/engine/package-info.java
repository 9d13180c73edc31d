/**
 * The facade that the service and an embedding program use: {@link dev.gradwire.engine.Engine} compiles programs, keeps
 * plans, and runs them on devices.
 */
@NullMarked
package dev.gradwire.engine;

import org.jspecify.annotations.NullMarked;
