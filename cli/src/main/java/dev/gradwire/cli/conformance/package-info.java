/**
 * The {@code conformance} command: runs the cases of the project's {@code conformance/} folder and compares values,
 * derivatives and grad_fn metadata with PyTorch's. {@link dev.gradwire.cli.conformance.CaseFile} reads, {@link
 * dev.gradwire.cli.conformance.Target} runs, {@link dev.gradwire.cli.conformance.Judge} compares.
 */
@NullMarked
package dev.gradwire.cli.conformance;

import org.jspecify.annotations.NullMarked;
