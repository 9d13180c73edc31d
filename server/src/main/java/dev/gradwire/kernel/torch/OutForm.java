package dev.gradwire.kernel.torch;

import java.util.ArrayList;
import java.util.List;

/**
 * The overload of an operator that writes its results into tensors given to it, {@code sum.IntList_out} for
 * {@code sum.dim_IntList}: it takes what the other takes and, behind that, the tensors.
 *
 * @param name with overload
 * @param tensors names of the parameters that are written to
 */
record OutForm(String name, List<String> tensors) {
    private static final String ARROW = ") -> ";

    OutForm {
        tensors = List.copyOf(tensors);
    }

    /** Reads {@code max.dim_max(max, max_values)}. */
    static OutForm parse(String text) {
        int open = text.indexOf('(');
        return new OutForm(
                text.substring(0, open),
                List.of(text.substring(open + 1, text.length() - 1).split(", ", -1)));
    }

    String overload() {
        return name.substring(name.indexOf('.') + 1);
    }

    /** As the library declares it, given the declaration of the overload that makes new tensors. */
    String declaration(String functional) {
        int arrow = functional.lastIndexOf(ARROW);
        String parameters = functional.substring(functional.indexOf('('), arrow);
        List<String> written = new ArrayList<>();
        List<String> returned = new ArrayList<>();
        String[] made = functional.substring(arrow + ARROW.length()).split(", ", -1);
        for (int i = 0; i < tensors.size(); i++) {
            String type = "Tensor(" + (char) ('a' + i) + "!)";
            written.add(type + " " + tensors.get(i));
            String result = made[i].replace("(", "").replace(")", "");
            int space = tensors.size() == 1 ? -1 : result.indexOf(' ');
            returned.add(space < 0 ? type : type + result.substring(space));
        }
        String results = String.join(", ", returned);
        return name
                + parameters
                + (parameters.contains("*, ") ? ", " : ", *, ")
                + String.join(", ", written)
                + ARROW
                + (tensors.size() == 1 ? results : "(" + results + ")");
    }
}
