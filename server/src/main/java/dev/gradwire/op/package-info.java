/**
 * The operators, each declared in one place: schema, type rule, grad_fn, derivative, meaning and samples.
 *
 * <p>Start at {@link dev.gradwire.op.Declaration}; the families ({@code Arithmetic}, {@code Reductions}, …) are tables
 * of declarations, and {@link dev.gradwire.op.Operators} is the list of families. Rules and decompositions are written
 * in {@link dev.gradwire.op.Expr}, whose methods are graph operators themselves.
 */
@NullMarked
package dev.gradwire.op;

import org.jspecify.annotations.NullMarked;
