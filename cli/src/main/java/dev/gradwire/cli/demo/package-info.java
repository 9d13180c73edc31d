/**
 * The {@code demo} command: what a client sees of the service, by the Java client over a loopback connection.
 *
 * <p>{@link dev.gradwire.cli.demo.DemoCommand} runs {@code Tutorial}, {@code Training} and {@code Drawing} in turn.
 */
@NullMarked
package dev.gradwire.cli.demo;

import org.jspecify.annotations.NullMarked;
