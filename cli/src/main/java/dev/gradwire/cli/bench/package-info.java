/**
 * The {@code bench} command: times graphs of the conformance format, in process and from client to client over the
 * loopback interface.
 */
@NullMarked
package dev.gradwire.cli.bench;

import org.jspecify.annotations.NullMarked;
