package dev.gradwire.pass;

import dev.gradwire.graph.Value;
import dev.gradwire.pass.Draft.Extent;
import dev.gradwire.pass.Draft.Member;
import dev.gradwire.pass.Draft.Ref;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code store v = f(x); … load v} becomes {@code … load x, f(x)} where v would be stored for another group alone, x lies
 * in memory anyway, and f is cheap: a group then computes again what it would otherwise have to load.
 */
final class Recompute {
    /** What computing again may cost for an element, in the units of {@link Lowering#cost}: what a load and a store take. */
    private static final int MAX_COST = 20;

    /** From so many columns on, a value that stands once for a row is worth storing where it saves one at each place. */
    private static final long MIN_COLUMNS = 16;

    private final Fuse fuse;
    private final Views views;
    /** What lies in memory in any case. */
    private final BitSet stored;

    private final Map<Draft, Map<Integer, Member>> members = new HashMap<>();

    private Recompute(Fuse fuse, Views views, BitSet stored) {
        this.fuse = fuse;
        this.views = views;
        this.stored = stored;
    }

    /** @param stored the ids of values that something else than groups reads */
    static void apply(Fuse fuse, Views views, BitSet stored) {
        Recompute recompute = new Recompute(fuse, views, stored);
        List<Draft> drafts = new ArrayList<>(fuse.drafts());
        drafts.sort((a, b) -> Integer.compare(a.level, b.level));
        drafts.forEach(recompute::improve);
    }

    private void improve(Draft draft) {
        Set<Member> again = new LinkedHashSet<>();
        for (Value root : List.copyOf(draft.outside())) {
            Draft maker = fuse.groupOf(root);
            if (maker == null || stored.get(root.id()) || !isInOrder(draft, maker, root)) {
                continue;
            }
            List<Member> cone = cone(maker, root, draft);
            if (cone != null) {
                again.addAll(cone);
            }
        }
        if (!again.isEmpty()) {
            draft.prepend(List.copyOf(again));
        }
        // What a group reads in the end is stored, so that later groups may count on it.
        draft.outside().forEach(root -> stored.set(root.id()));
    }

    /** Whether all members read the root at the place where the maker has it. */
    private static boolean isInOrder(Draft draft, Draft maker, Value root) {
        if (draft.places != maker.places || maker.extent(root) != Extent.PLACE) {
            return false;
        }
        for (Member member : draft.members()) {
            boolean everywhere =
                    member.result().type().shape().elements() == draft.places || member.reduction() != null;
            for (Ref ref : member.refs()) {
                if (ref.root().id() == root.id() && !(everywhere && Draft.isInOrder(ref.layout(), draft.places))) {
                    return false;
                }
            }
        }
        return true;
    }

    /** The members of the maker that make a value from what is stored, in order; null where that is not worth it. */
    private @Nullable List<Member> cone(Draft maker, Value root, Draft reader) {
        Map<Integer, Member> makers = members.computeIfAbsent(maker, Recompute::byResult);
        Map<Integer, Member> found = new HashMap<>();
        int cost = 0;
        int newReads = 0;
        List<Value> rows = new ArrayList<>();
        List<Value> open = new ArrayList<>(List.of(root));
        Set<Integer> seen = new HashSet<>(Set.of(root.id()));
        while (!open.isEmpty()) {
            Value value = open.removeLast();
            Member member = makers.get(value.id());
            if (member == null || value.id() != root.id() && stored.get(value.id())) {
                newReads += reader.reads(value) || value.type().shape().elements() < maker.places ? 0 : 1;
                continue;
            }
            if (maker.extent(value) == Extent.ROW && maker.columns() >= MIN_COLUMNS) {
                rows.add(value);
                continue;
            }
            if (member.reduction() != null || maker.extent(value) != Extent.PLACE) {
                return null;
            }
            found.put(value.id(), member);
            cost += Lowering.cost(member.call());
            if (cost > MAX_COST) {
                return null;
            }
            for (Ref ref : member.refs()) {
                if (views.number(ref.root()) == null && seen.add(ref.root().id())) {
                    open.add(ref.root());
                }
            }
        }
        if (newReads > 1) {
            return null;
        }
        rows.forEach(row -> stored.set(row.id()));
        return maker.members().stream().filter(found::containsValue).toList();
    }

    private static Map<Integer, Member> byResult(Draft draft) {
        Map<Integer, Member> members = new HashMap<>();
        draft.members().forEach(member -> members.put(member.result().id(), member));
        return members;
    }
}
