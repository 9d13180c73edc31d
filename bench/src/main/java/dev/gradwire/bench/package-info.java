/**
 * Times kernels by JMH: {@link dev.gradwire.bench.KernelBench} runs {@link dev.gradwire.bench.KernelBenchmark} on the
 * graphs of {@link dev.gradwire.bench.KernelCases}, each by every {@link dev.gradwire.bench.Way}. A module of its own, so
 * that JMH stays out of what is shipped.
 */
@NullMarked
package dev.gradwire.bench;

import org.jspecify.annotations.NullMarked;
