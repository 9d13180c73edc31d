package dev.gradwire.op;

import dev.gradwire.graph.Argument.Body;
import java.util.BitSet;

/** Through which inputs and results of functions derivatives flow; {@code transform} knows. */
public interface Dependence {
    /** The results that depend differentiably on one of these inputs. */
    BitSet results(Body body, BitSet inputs);

    /** The inputs on which one of these results depends differentiably. */
    BitSet inputs(Body body, BitSet results);
}
