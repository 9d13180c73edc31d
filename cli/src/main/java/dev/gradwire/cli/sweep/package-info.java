/**
 * The {@code sweep} command: every operator with arguments that hardly fit. A child process runs the cases, so that the
 * end of a process is a finding like any other.
 */
@NullMarked
package dev.gradwire.cli.sweep;

import org.jspecify.annotations.NullMarked;
