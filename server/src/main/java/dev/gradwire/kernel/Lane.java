package dev.gradwire.kernel;

import java.util.function.IntConsumer;

/** Who runs kernels, as they see it. */
public interface Lane {
    /** Alone, and never cancelled. */
    Lane ALONE = new Lane() {
        @Override
        public void poll() {}

        @Override
        public void split(int parts, IntConsumer part) {
            for (int i = 0; i < parts; i++) {
                part.accept(i);
            }
        }
    };

    /** Throws, to end the run, once its caller has gone away. Cheap: to be called between tiles. */
    void poll();

    /**
     * Runs all parts, from 0 on, perhaps several at once on other threads, and returns when they have ended; what a part
     * throws, this throws. How work is cut into parts must not depend on how many threads there are.
     */
    void split(int parts, IntConsumer part);
}
