package dev.gradwire.service.security;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Which bearer tokens (JWT, signed with an asymmetric key) are believed.
 *
 * @param keys file with the public keys, a JSON Web Key Set; read again while serving
 * @param issuer that tokens must name, null for any
 * @param audience that tokens must be made for, null for any
 * @param reload how long keys are used before the file is read again
 */
public record TokenSettings(
        Path keys, @Nullable String issuer, @Nullable String audience, Duration reload) {
    public TokenSettings {
        if (reload.toMillis() < 1) {
            throw new IllegalArgumentException("the time between two reloads of keys must be positive");
        }
    }
}
