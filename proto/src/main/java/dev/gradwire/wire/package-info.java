/**
 * What server and Java client share beside the messages: the one kind of message that is too large to be copied about,
 * a stream's TensorChunk, is read with its data left in the transport's memory.
 */
@NullMarked
package dev.gradwire.wire;

import org.jspecify.annotations.NullMarked;
