/**
 * {@code bench --service}: the server as its callers find it, over the loopback interface between two processes, beside
 * what the network gives in the same run: a gRPC server that does nothing, and a bare TCP socket.
 */
@NullMarked
package dev.gradwire.cli.bench.service;

import org.jspecify.annotations.NullMarked;
