/**
 * What a kernel is, whoever runs it: a named computation on device tensors, resolved once while a plan is made and
 * run many times. Backends live below this package and are known to the runtime by this contract alone.
 */
@NullMarked
package dev.gradwire.kernel;

import org.jspecify.annotations.NullMarked;
