/** The command line: {@link dev.gradwire.cli.Main} with one class a subcommand. */
@NullMarked
package dev.gradwire.cli;

import org.jspecify.annotations.NullMarked;
