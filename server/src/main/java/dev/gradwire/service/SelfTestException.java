package dev.gradwire.service;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** The native library does not compute what it should, so that there is no use in serving. */
public final class SelfTestException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    SelfTestException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
