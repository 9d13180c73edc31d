/**
 * What an operator sees of a server: metrics, traces, logs, load reports, and the admin port that shows them. Knows
 * nothing of what is measured: {@link dev.gradwire.service.telemetry.Metric} is the one list of the server's own metrics,
 * and whoever has a number hands it to {@link dev.gradwire.service.telemetry.Metrics}.
 */
@NullMarked
package dev.gradwire.service.telemetry;

import org.jspecify.annotations.NullMarked;
