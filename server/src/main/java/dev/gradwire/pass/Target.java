package dev.gradwire.pass;

import dev.gradwire.kernel.Backend;
import dev.gradwire.kernel.Groups;
import org.jspecify.annotations.Nullable;

/**
 * What a plan is made for.
 *
 * @param groups what runs nodes together; null to run each node by itself, as on a device without such a thing, or where
 *     it is to be seen what each node does
 */
public record Target(Backend backend, @Nullable Groups groups) {}
