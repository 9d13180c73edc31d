package dev.gradwire.service;

import com.google.protobuf.ByteString;
import dev.gradwire.v1.Execute;
import dev.gradwire.v1.Open;
import dev.gradwire.v1.Program;
import org.jspecify.annotations.Nullable;

/** What a session's messages ask for; carried out one after the other, in their order. */
sealed interface SessionCommand {
    /**
     * Opens a program.
     *
     * @param program null where only its digest was sent
     */
    record Opening(ByteString digest, @Nullable Program program, Open open) implements SessionCommand {}

    /** Puts an input on the device; owns it until then. */
    record Input(Uploads.Complete upload) implements SessionCommand {}

    /** @param refusal why it cannot run, where that is known already */
    record Run(Execute execute, long queuedNanos, @Nullable Refusal refusal) implements SessionCommand {}

    /** Ends the stream. */
    record Failure(Throwable cause) implements SessionCommand {}

    /** Frees what the command owns, when it will not be carried out. */
    default void discard() {
        if (this instanceof Input(Uploads.Complete upload)) {
            upload.close();
        }
    }
}
