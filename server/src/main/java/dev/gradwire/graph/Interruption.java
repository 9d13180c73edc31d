package dev.gradwire.graph;

import java.util.function.Supplier;

/**
 * Lets work on graphs that may take long be ended from outside: all that grows a graph asks now and then. What is asked
 * goes with the thread, as the growth is deep inside of rules and expansions that know of no call.
 */
public final class Interruption {
    private static final ScopedValue<Runnable> CHECK = ScopedValue.newInstance();

    private Interruption() {}

    /**
     * Does work, in this thread.
     *
     * @param check is run often; what it throws ends the work
     */
    public static <R> R during(Supplier<R> work, Runnable check) {
        return ScopedValue.where(CHECK, check).call(work::get);
    }

    /** @throws RuntimeException when the work is to end */
    static void check() {
        if (CHECK.isBound()) {
            CHECK.get().run();
        }
    }
}
