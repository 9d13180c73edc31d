package dev.gradwire.op;

import dev.gradwire.graph.Argument.Body;
import java.util.BitSet;

/** What derivative rules ask of functions; {@code transform} knows how to answer. */
public interface Calculus extends Dependence {
    /**
     * The vector-Jacobian product of a function.
     *
     * @param wanted the inputs to differentiate with respect to
     * @param seeded the results that have a cotangent
     */
    Pullback pullback(Body body, BitSet wanted, BitSet seeded);

    /**
     * @param body takes the function's inputs and then a cotangent for each seeded result; gives a cotangent for each
     *     connected input
     * @param connected the wanted inputs whose cotangent is not zero
     * @param read the inputs of {@code body} that it reads
     */
    record Pullback(Body body, BitSet connected, BitSet read) {
        public Pullback {
            connected = (BitSet) connected.clone();
            read = (BitSet) read.clone();
        }

        /** The place among the body's results of the cotangent of an input, which must be connected. */
        int resultOf(int input) {
            return connected.get(0, input).cardinality();
        }
    }
}
