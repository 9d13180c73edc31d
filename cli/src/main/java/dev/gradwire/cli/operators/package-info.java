/**
 * The {@code operators} command: the operator reference, from the declarations alone. {@link
 * dev.gradwire.cli.operators.Entry} puts a declaration in words, {@link dev.gradwire.cli.operators.Reference} makes a
 * page or lines of them.
 */
@NullMarked
package dev.gradwire.cli.operators;

import org.jspecify.annotations.NullMarked;
