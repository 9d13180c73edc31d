package dev.gradwire.service;

/**
 * Where the time of a run went, in nanoseconds.
 *
 * @param compileNanos verifying, differentiating, planning
 * @param queueNanos waiting for a lane
 * @param computeNanos in kernels
 * @param copyNanos moving tensor data between messages and devices
 */
record Timing(long compileNanos, long queueNanos, long computeNanos, long copyNanos) {}
