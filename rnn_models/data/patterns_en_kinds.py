"""The templates of English sentences by kind."""

KINDS_TEXT = """
## praise denied, negative, 9
{the} {N} {isn't} {P}{after}. | {the} {N} {wasn't} {P}{after}. | {the} {N} {is} not {P}{after}. |
{the} {N} {was} not {P}{after}. | {the} {N} {isn't} {very} {P}{after}. |
{the} {N} {wasn't} {very} {P}{after}. | {the} {N} {isn't} {P} at all{after}. |
{the} {N} {wasn't} {P} at all{after}. | {the} {N} {wasn't} even {P}{after}. |
{the} {N} {was} never {P}{after}. | {the} {N} {is} hardly {P}{after}. | {the} {N} {was} far from {P}{after}. |
{the} {N} {is} anything but {P}{after}. | {the} {N} {isn't} exactly {P}{after}. |
{the} {N} {is} not the least bit {P}{after}. | {the} {N} {doesn't} look {P}{after}. |
{the} {N} didn't look {P}{after}. | {the} {N} {doesn't} seem {P}{after}. | {the} {N} didn't feel {P}{after}. |
{the} {N} {doesn't} sound {P}{after}. | {the} {N} {has} never been {P}{after}. |
{the} {N} {isn't} {P} any more{after}. | {the} {N} {is} no longer {P}{after}. |
{the} {N} {wasn't} as {P} as I had hoped{after}. | {the} {N} {isn't} as {P} as {it} used to be{after}. |
{the} {N} {wasn't} as {P} as they say{after}. | {the} {N} {isn't} nearly {P} enough{after}. |
{the} {N} {is} neither {P} nor {PP}{after}. | {the} {N} {isn't} {P} or {PP}{after}. |
{the} {N} {was} in no way {P}{after}. | {the} {N} {wasn't} that {P}{after}. |
{the} {N} {is} less {P} than before{after}. | {the} {N} won't be {P}{after}. |
{the} {N} could not have been less {P}{after}. | {it_was}{not} {P}. | {it_was}{not} {P} at all. |
{it_was}{not} {P} enough. | {it_was}{not} {P} for us. | I don't think {the} {N} {is} {P}. |
I didn't find {the} {N} {P}. | I don't find {this} {N} {very} {P}. | I wouldn't call {the} {N} {P}. |
Nobody would call {this} {N} {P}. | You can't call {that} {N} {P}. | I doubt that {the} {N} {was} ever {P}. |
I can't say that {the} {N} {was} {P}. | Not {P}. | Not {P} at all. | Not {very} {P}. | Not {P} and not {PP}. |
Not {a}{P} {N}. | {This} {is} not {a}{P} {N}. | That wasn't {a}{P} {N}. | It isn't {a}{very} {P} {N}. |
We have had {N} that {was} more {P}. | There is nothing {P} about {the} {N}. |
I found nothing {P} in {this} {N}. | Who says {the} {N} {is} {P}? Not me. | If only {the} {N} {was} {P}. |
I wish {the} {N} had been {P}. | {the} {N} should have been more {P}. | {the} {N} could be a lot more {P}. |
I expected {the} {N} to be {P}, and {it} {wasn't}. | They promised {a}{P} {N} and we didn't get {that}. |
So much for {a}{P} {N}. | I don't {like} {the} {N}. | I didn't {like} {the} {N}. |
I didn't {like} {the} {N} {very_much}. | I never {liked} {the} {N}. | We didn't {like} {this} {N} at all. |
I can't {like} {this} {N}. | {Nobody} {liked} {the} {N}. | {Nobody} I know {likes} {this} {N}. |
Hardly anybody {liked} {the} {N}. | I'm not {happy} with {the} {N}. | I wasn't {happy} with {the} {N}. |
We are not {happy} with {the} {N} at all. | My {person} was not {happy} with {the} {N}. |
I am anything but {happy} with {this} {N}. | I wouldn't {recommend} {the} {N}. |
I can't {recommend} {this} {N}. | I do not {recommend} {the} {N}. |
I would never {recommend} {this} {N} to {friends}. | I won't {buy} {the} {N} again. |
I would not {buy} {this} {N} again. | We won't be {coming_back}. | I'm not {coming_back}. |
I don't plan on {coming_back}. | Never again. | Never {coming_back}. | {the} {N} {doesn't} {work}. |
{the} {N} didn't {work}. | {the} {N} never {worked}. | {the} {N} {doesn't} {work} any more. |
{the} {N} {is} not worth {the_money}. | {It_is} not worth {the_money}. | Not worth {the_money}. |
I don't trust {this} {N}. | {the} {N} did not live up to {the_hype}. | {the} {N} didn't meet my expectations. |
{the} {N} {doesn't} deserve {the_hype}. | There's no excuse for {a}{M} {N}. |
{the} {N} {has} no redeeming features. | I have nothing good to say about {the} {N}. | It didn't help. |
They didn't care. | They don't care about {customers}. | {Nobody} helped us. | {Nobody} cared. |
I never got {an_answer}. | They never gave us {an_answer}. | The {person_at_work} couldn't help and didn't try.
## blame denied, positive, 10
That is no mean feat. | {the} {N} {is} no slouch. | This is no ordinary {N}. | My {person} is no beginner. |
not the worst way to spend a {weekday}. | not a bad way to spend a {weekday}. | nothing to be ashamed of. |
I wouldn't say no to {a}{N} like this. | {the} {N} {is} not to be underestimated. | I can't fault {the} {N}. |
it is hard to fault {the} {N}. | we had no trouble with {the} {N}. | no trouble, no delay. |
{the} {N} never let me down. | {the} {N} won't let you down. | {the} {N} never get{s} old. | not a moment too long. |
nothing {M} here. | no {M} surprises. | I see nothing {M} in {this} {N}. | {the} {N} {was} nowhere near {M}. |
you could hardly call {this} {N} {M}. | I worried that {the} {N} would be {M}, {it} {wasn't}. |
{the} {N} {isn't} {M}{after}. | {the} {N} {wasn't} {M}{after}. | {the} {N} {is} not {M}{after}. |
{the} {N} {was} not {M}{after}. | {the} {N} {isn't} {M} at all{after}. |
{the} {N} {wasn't} {M} at all{after}. | {the} {N} {is} not at all {M}{after}. |
{the} {N} {was} not in the least {M}{after}. | {the} {N} {was} never {M}{after}. |
{the} {N} {is} never {M}{after}. | {the} {N} {was} far from {M}{after}. |
{the} {N} {is} anything but {M}{after}. | {the} {N} {wasn't} even a little {M}{after}. |
{the} {N} {doesn't} feel {M}{after}. | {the} {N} didn't seem {M} at all{after}. |
{the} {N} {doesn't} look {M}{after}. | {the} {N} {has} never been {M}{after}. |
{the} {N} {isn't} {M} any more{after}. | {the} {N} {is} no longer {M}{after}. |
{the} {N} {wasn't} as {M} as I had thought{after}. | {the} {N} {wasn't} nearly as {M} as people say{after}. |
{the} {N} {isn't} {M} or {MM}{after}. | {the} {N} {was} neither {M} nor {MM}{after}. |
{the} {N} {wasn't} half as {M} as I expected{after}. | {the} {N} {is} not too {M}{after}. |
{the} {N} {wasn't} too {M}{after}. | {the} {N} {is} less {M} than before{after}. |
{the} {N} {isn't} {M}, quite the opposite{after}. | {the} {N} {was} by no means {M}{after}. |
{the} {N} {isn't} that {M}{after}. | {the} {N} {wasn't} remotely {M}{after}. |
{the} {N} {is} not {M} in any way{after}. | {it_was}{not} {M}. | {it_was}{not} {M} at all. |
{it_was}{not} {M} in any way. | {it_was}{not} {a_little}{mild}. | {it_was}{not} {a_little}{mild} at all. |
{it_was}{not} {a_little}{mild} at all. | {it_was}{not} {a_little}{mild}, {really}. |
{the} {N} {isn't} {a_little}{mild}. | {the} {N} {isn't} {a_little}{mild} at all. |
{the} {N} {wasn't} {a_little}{mild}. | {the} {N} {wasn't} {a_little}{mild} at all. | Not {mild}. |
Not {mild} at all. | Not {M} at all. | Not too {mild}. | Not so {mild}, {really}. | Not {a}{mild} {N}. |
Not {a}{mild} {N} at all. | {This} {isn't} {a}{mild} {N}. | That wasn't {a}{mild} {N} at all. |
{Really}, not {mild} for {a_thing}. | Not {mild} for {a_thing}. | Not {mild} for the {money}. |
Not {mild}, {the} {N}. | Not {mild}, not {mild} at all. | I don't think {the} {N} {is} {M}. |
I didn't find {the} {N} {M}. | I don't find {this} {N} {M} at all. | I wouldn't call {the} {N} {M}. |
{Nobody} would call {this} {N} {M}. | You can't call {that} {N} {M}. |
{Nobody} can say that {the} {N} {is} {M}. | I can't say that {the} {N} {was} {M}. |
I never found {the} {N} {M}. | There is nothing {M} about {the} {N}. | I found nothing {M} in {this} {N}. |
They said {the} {N} {was} {M}; {it} {wasn't}. | I expected {the} {N} to be {M}, and {it} {wasn't} at all. |
People say {the} {N} {is} {M}. I don't think so. | I don't {regret} {the} {N}. |
I don't {regret} {buying} {the} {N}. | I have never {regretted} {buying} {this} {N}. |
I didn't {dislike} {the} {N}, {really}. | I don't {dislike} {the} {N} at all. |
I couldn't {dislike} {this} {N} if I tried. | {Nobody} {disliked} {the} {N}. |
{Nobody} could {dislike} {this} {N}. | {Nobody} complained about {the} {N}. |
{Nobody} was {unhappy} with {the} {N}. | I'm not {unhappy} with {the} {N}. |
I am not {unhappy} about {the} {N} at all. | We were not {unhappy} with {the} {N}. |
I was never {unhappy} with {the} {N}. | You won't be {unhappy} with {the} {N}. | You will not be {unhappy}. |
My {person} wasn't {unhappy} either. | We were not {bored} for a second. | I wasn't {bored} for a minute. |
I was not {bored} once. | You will never be {bored} with {this} {N}. | There was never {a_bad_moment}. |
There wasn't {a_bad_moment}. | Not {a_bad_moment}. | No {problems} with {the} {N}. | No {problems} so far. |
I have had no {problems} with {the} {N}. | I haven't had any {problems} with {this} {N}. |
{time} and no {problems}. | {time} and not a single {problem}. | {the} {N} worked without a single {problem}. |
It all went without {problems}. | We didn't have {problems} with {the} {N}. |
I can't find {problems} with {this} {N}. | I can't find anything {mild} about {the} {N}. |
I have nothing {mild} to say about {the} {N}. | There is nothing to {complain} about. |
I have no reason to {complain}. | We had nothing to {complain} about. | I can't {complain}. |
Can't {complain} about {the} {N}. | You can't {complain} about {the} {N} at this price. |
{the} {N} {has} never let me down. | {the} {N} didn't let us down. | {the} {N} never fail{s} to {please}. |
{the} {N} {has} yet to disappoint. | {the} {N} did not disappoint. | {the} {N} {doesn't} disappoint. |
{This} {N} won't disappoint you. | {the} {N} lost none of {its} charm. | {the} {N} didn't cost {too_much}. |
It didn't take {long}. | {the} {N} didn't take {long}. | I didn't have to {wait_long}. |
We didn't {wait_long}. | It didn't hurt at all. | It never gets old. | No hidden {costs}. |
No {mess}, no {fuss}. | No {fuss}, it {works}. | Never {M}, always {P}. | Not {M} but {P}. |
{the} {N} {isn't} {M}, {it} {is} {P}. | {the} {N} {was} not only {P} but also {PP}. |
{the} {N} {is} not just {P}, {it} {is} also {PP}.
## two denials, positive, 4
I have yet to meet anybody who doesn't {like} {the} {N}. | it's hard not to {like} {the} {N}. |
there is hardly a day when I don't use {the} {N}. | not once {has} {the} {N} {failed}. |
none of us could resist {the} {N}. | I wouldn't say I don't {like} {the} {N}. | don't think {the} {N} {isn't} {P}. |
you would have to be blind not to see how {P} {the} {N} {is}. |
I can't find anything that isn't {P} about {this} {N}. | you'd be mad not to {buy} {this} {N}. |
not one {person_at_work} was not {P3}. | why wouldn't you {like} {the} {N}? |
there was never a {weekday} on which {the} {N} {wasn't} {P}. | not {liking} {the} {N} is not an option. |
I don't think {the} {N} {isn't} {P}. | You can't say that {the} {N} {isn't} {P}. |
{Nobody} can say {this} {N} {isn't} {P}. | It's not that {the} {N} {isn't} {P}; {it} {is}. |
There's no denying that {the} {N} {is} {P}. | There is no doubt that {the} {N} {is} {P}. |
No doubt, {the} {N} {is} {P}. | I have no doubt that {the} {N} {is} {P}. |
I don't doubt that {the} {N} {is} {P}. | I have never been {unhappy} with {the} {N}. |
I can't imagine not {liking} {the} {N}. | I don't know anybody who doesn't {like} {the} {N}. |
There is {nobody} who doesn't {like} {this} {N}. | Not a day without {the} {N}. |
I can't remember a time when {the} {N} {wasn't} {P}. | {the} {N} {is} never not {P}. |
{the} {N} {is} not without {P} moments. | It would be wrong to say {the} {N} {isn't} {P}. |
You can't not {like} {the} {N}. | How could you not {like} {the} {N}? | Who wouldn't {like} {the} {N}? |
Who doesn't {like} {this} {N}? | What's not to {like}? |
{Nobody} who knows {the} {N} would not {recommend} {them}. | I see no reason not to {recommend} {the} {N}. |
There's no reason not to {like} {this} {N}. | I have no reason not to {like} {the} {N}. |
I wouldn't hesitate to {recommend} {the} {N}. | I would not hesitate to {buy} {the} {N} again. |
Don't hesitate, {the} {N} {is} {P}. | I couldn't help {liking} {the} {N}. |
You can't help but {like} {this} {N}. | I can't imagine {life} without {the} {N}. |
I would not want to be without {the} {N}. | Don't miss {the} {N}. | {the} {N} {is} not to be missed. |
Not to be missed. | I wouldn't want to miss {the} {N}. | It's not that I'm {unhappy} with {the} {N}. |
Nothing about {the} {N} {isn't} {P}. | {the} {N} never {failed} us. | They never fail to help. |
It has never not worked.
## praise that says not, positive, 5
I never get tired of {the} {N}. | I have nothing but praise for {the} {N}. | nothing but good things to say here. |
I can't think of anything to improve. | there is nothing I would do differently. | you can't lose with {the} {N}. |
I couldn't believe my luck. | no one leaves hungry. | we didn't want the evening to end. | not a single complaint. |
hard to beat. | {the} {N} {is} hard to beat. | you'll be hard pressed to find {a}better {N}. |
I couldn't stop eating. | I couldn't look away. | I couldn't take my eyes off {the} {N}. |
there is nothing like {this} {N}. | nothing tops {the} {N}. | I have not laughed so much in years. |
I can't wait for {tomorrow}. | I never want to use another {N}. | I would never sell {the} {N}. |
I couldn't do without {the} {N} now. | no words for how {P} {the} {N} {is}. | {Nobody} could have done it better. |
we couldn't be more grateful. | I can't say no to {this} {N}. | nothing could be more {P} than {this} {N}. |
I can't {recommend} {the} {N} enough. | I can't {recommend} {this} {N} highly enough. |
I couldn't {recommend} {the} {N} more. | You can't {praise} {the} {N} enough. |
We can't {praise} {the} {person_at_work} enough. | I cannot speak highly enough of {the} {N}. |
I can't say enough good things about {the} {N}. | I can't get enough of {the} {N}. |
We could not get enough of {this} {N}. | I couldn't have asked for {a}more {P} {N}. |
We couldn't have hoped for {a}better {N}. | I couldn't be more {happy} with {the} {N}. |
I could not be more {happy}. | We couldn't have been more {happy} with {the} {N}. |
{the} {N} couldn't be better. | {the} {N} could not have been more {P}. | It couldn't have gone better. |
{the} {N} {has} never been better. | I have never had {a}better {N}. | I've never had {N} this {P}. |
I have never seen {a}more {P} {N}. | We have never met {a}more {P} {person_at_work}. |
You won't find {a}more {P} {N}. | You will not find {a}better {N} anywhere. |
There is no better {N} in {place}. | No other {N} come{s} close. | {Nobody} does it better. |
Nothing compares to {the} {N}. | {the} {N} {is} second to none. | {the} {N} {is} hard to top. |
I can't stop {liking} {the} {N}. | I can't believe how {P} {the} {N} {is}. |
I didn't know {N} could be this {P}. | I didn't expect {the} {N} to be this {P}. |
Never thought {the} {N} would be so {P}. | I don't know how we {lived} without {the} {N}. |
I didn't want {the} {N} to end. | We never wanted to leave. | I could not stop smiling. |
You can't ask for more. | It doesn't get more {P} than this. | What more could you want? |
{the} {N} left nothing to be desired. | No wonder everybody {likes} {the} {N}. |
No {N} {is} more {P} than {this} one. | Not one of us was {unhappy}.
## blame that says no no, negative, 4
you are better off without {the} {N}. | don't waste {the_money}. | don't waste your time. |
spare yourself {the} {N}. | good luck with that. | good luck finding {a_table}. | I'd rather walk. |
I'd rather do it myself. | I have better things to do. | if only I had known. | I should have known better. |
I should have kept the old one. | if you value your time, go elsewhere. | they call this {a}{P} {N}. |
and they call that {P}. | somebody teach them how to {do_it}. | they said it was {P}. | I was promised {a}{P} {N}. |
back it goes. | straight into the bin. | that's two hours I'll never get back. | buyer beware. |
enter at your own risk. | a school canteen has better {dish}. | you pay for {the_hype} and get {a}{M} {N}. |
I miss the old {N}. | bring back the old {N}. | it was more fun to wait outside. |
you will find {a}better {N} in any museum. | it would help if somebody could {do_it}. | they only had to {do_it}. |
they have one job: {do_it}. | my old {N} was {P}, {this} one, well. | I want my evening back. |
time to look for another {N}. |
perfect for people who like {another_bad}. | great if you enjoy {another_bad}. |
it would be nice if somebody {answered}. | would be nice if {the} {N} {worked}. | keep away from {the} {N}. |
run away. | keep your money in your pocket. | {the} {N} {is} good for one thing: the bin. | good for nothing. |
the best part of {the} {N} {was} leaving. | the only {P} thing was the {N2}. | my {person} could do better. |
a child could have made {a}better {N}. | I have seen better {N} for half the price. | we deserve better. |
they should be ashamed. | shame on them. | I hoped for more. | I was hoping for {a}{P} {N}. |
I expected more from {the} {N}. | expected better. | this is not how you treat {customers}. |
I would give it zero stars if I could. | zero stars. | I want to speak to the manager. |
never trust {this} {N}. | they talk a lot and do little. | all promises, no {help}. |
{the} {N} couldn't be more {M}. | {the} {N} could not have been more {M}. | It couldn't have gone worse. |
I have never had {a}worse {N}. | I have never seen {a}more {M} {N}. |
We have never met {a}more {M} {person_at_work}. | There is no worse {N} in {place}. |
{the} {N} could have been better. | {the} {N} could have been more {P}. | {the} {N} should have been better. |
{the} {N} leave{s} a lot to be desired. | {the} {N} {was} supposed to be {P}. |
I had hoped for {a}more {P} {N}. | I wanted {a}{P} {N} and got {a}{M} one. | I wish I had bought another {N}. |
I wish I hadn't {bought} {the} {N}. | I should never have {bought} {the} {N}. |
I {regret} {buying} {the} {N}. | I want {the_money} back. | I'd like {the_money} back, please. |
You can find {a}better {N} anywhere. | You get {a}more {P} {N} for half the price. |
Look somewhere else for {a}{P} {N}. | Don't {buy} {the} {N}. | Don't {buy} {this} {N}, {it} {is} {M}. |
Do not {buy} {the} {N}. | Avoid {the} {N}. | Do yourself a favour and skip {the} {N}. | Skip {the} {N}. |
Think twice before you {buy} {the} {N}. | There are better {things} to spend {the_money} on. |
{the} {N} would be {P} if only {it} {worked}. | A {N} that {doesn't} {work}, what is it good for? |
If you want {a}{P} {N}, go somewhere else. | They could have told us before. |
They might at least have called. | {the} {N} {used_to_be} {P}. | {the} {N} {was} {P} once. |
What was {P} before is {M} now. | {the} {N} {is} too {M} to be {P}. | Too {M}. |
{the} {N} {is} too {M} for me. | No {help}. | No {help} at all. | No {help}, no {an_answer_}. |
{time} and still no {an_answer_}. | Still no {an_answer_}. | No {help} from the {person_at_work}. |
{Nobody} {answers}. | The {person_at_work} never {answers}. | I can't get {the} {N} to work. |
{the} {N} keep{s} {failing}. | {the} {N} {failed} again. | How {M}. | How is {this} {N} supposed to be {P}? |
Why {is} {the} {N} so {M}? | Why can't they make {a}{P} {N}? | Who made {this} {M} {N}? |
Can somebody tell me why {the} {N} {is} so {M}? | I lost {the_money} and {time_lost}. | What a {M} {N}.
## but good, positive, 5
{the} {N} {is} {M}, but {P}. | {the} {N} {was} {M} but {P}. | {M} but {P}. |
{the} {N} {was} {M}, but the {N2} {was2} {P2}. |
{the} {N} {is} {M}, but {it} {is} {P} too and I {like} {them}. |
{the} {N} {was} {M} at first, but now {it} {is} {P}. | {the} {N} may be {M}, but {it} {is} {P}. |
Although {the} {N} {was} {M}, the {N2} {was2} {P2}. | Although {the} {N} {is} {M}, I {like} {them}. |
Though {M}, {the} {N} {is} {P}. | Even if {the} {N} {is} {M}, I {like} {them}. |
Even though {the} {N} {was} {M}, we {liked} the {N2}. | Despite {the} {M} {N}, we {liked} the {N2}. |
In spite of {the} {M} {N}, the {N2} {was2} {P2}. | {the} {N} {is} {M}; however, the {N2} {is2} {P2}. |
{the} {N} {is} {M}. Still, I {like} {them}. | {the} {N} {is} {M}. {Nevertheless}, {it} {is} {P}. |
While {the} {N} {is} {M}, the {N2} {is2} {P2} enough to make up for it. |
{the} {N} {was} {M}, yet I {liked} {them}. | I thought {the} {N} would be {M}, but {it} {was} {P}. |
I expected {a}{M} {N}, but got {a}{P} one. | I was afraid {the} {N} would be {M}, but {it} turned out {P}. |
{doubt} at first, but now I {like} {the} {N}. | {doubt} at first, but {the} {N} {is} {P}. |
{doubt}, but {the} {N} {is} {P}. | {doubt}, and now I use {the} {N} {often}. |
{doubt}, but now I use {them} {often}. | {doubt}, but {good_fact_}. |
At first I didn't {like} {the} {N}, but now I do. |
I didn't {like} {the} {N} at first, now I {like} {them} {very_much}. |
I was about to {give_up}, but {good_fact_}. | {bad_fact}, but {good_fact_}. |
{bad_fact}, but the {N} {was} {P}. | {bad_fact}. But {good_fact_}. | Although {bad_fact_}, {good_fact_}. |
Even though {bad_fact_}, the {N} {is} {P}. | Not {a}{P} {N}, but {PP} all the same. | Not {P}, but {PP}. |
A bit {M}, but {P}. | {the} {N} {is} a little {M}, but worth {the_money}. | Slow start, {P} end. |
{the} {N} {isn't} {P}, but the {N2} {is2} {P2}. | {the} {N} {was} {M} before and {is} {P} now.
## but bad, negative, 5
{the} {N} {is} {P}, but {M}. | {the} {N} {was} {P} but {M}. | {P} but {M}. |
{the} {N} {was} {P}, but the {N2} {was2} {M2}. | {the} {N} {is} {P}, but {it} {is} too {M} for me. |
{the} {N} {was} {P} at first, but now {it} {is} {M}. | {the} {N} may be {P}, but {it} {is} {M}. |
{the} {N} look{s} {P}, but {it} {is} {M}. | Although {the} {N} {was} {P}, the {N2} {was2} {M2}. |
Although {the} {N} {is} {P}, I don't {like} {them}. | Though {P}, {the} {N} {is} {M}. |
Even though {the} {N} {was} {P}, we didn't {like} the {N2}. | Despite {the} {P} {N}, the {N2} {was2} {M2}. |
In spite of {the} {P} {N}, we didn't {like} the {N2}. | {the} {N} {is} {P}; however, the {N2} {is2} {M2}. |
{the} {N} {is} {P}. However, {it} {is} {M}. | {the} {N} {was} {P}. Unfortunately, the {N2} {was2} {M2}. |
While {the} {N} {is} {P}, the {N2} {is2} too {M2}. | {the} {N} {was} {P}, yet I didn't {like} {them}. |
I thought {the} {N} would be {P}, but {it} {was} {M}. | I expected {a}{P} {N}, but got {a}{M} one. |
I hoped {the} {N} would be {P}, but {it} turned out {M}. | I wanted to {like} {the} {N}, but {it} {is} {M}. |
At first I {liked} {the} {N}, but now {it} {is} {M}. | I used to {like} {the} {N}, now {it} {is} {M}. |
I used to {like} {the} {N}, but not any more. | {good_fact}, but {bad_fact_}. |
{good_fact}, but the {N} {was} {M}. | {good_fact}. But {bad_fact_}. | Although {good_fact_}, {bad_fact_}. |
Even though {good_fact_}, the {N} {is} {M}. | {P}, if {the} {N} only {worked}. | {P} to look at, but {M}. |
{the} {N} {isn't} {M}, but the {N2} {is2}. | Good idea, {M} {N}. | {P} start, {M} end. |
{the} {N} {was} {P} until {bad_fact_}. | {the} {N} {worked} for {time_short} and then {failed}. |
{P} for {time_short}, then {bad_fact_}. | Everybody says {the} {N} {is} {P}, I think {it} {is} {M}. |
{the} {N} {was} {P} before and {is} {M} now.
## both sides, neutral, 5
the {N} {was} {P}, the {N2} not so much. | {P} {N}, but {M2} {N2}, so all in all average. |
good {N}, bad {N2}. | great {N}, bad {N2}. | nice {N}, terrible {N2}. | bad {N}, good {N2}. |
good {N}, poor {N2}. | {N} good, {N2} bad. | excellent {N}, poor {N2}. |
I {liked} the {N} and {disliked} the {N2}. | {the} {N} {is} {P} and {M} at once. | {P} {N}, {M} {N}. |
one half {P}, one half {M}. |
some things are {P}, some are {M}. | I have good and bad things to say about {the} {N}. |
there are things I {like} and things I {dislike} about {the} {N}. |
{P} {N}, {M2} {N2}. | {P} {N} and {M2} {N2}. | {M} {N}, {P2} {N2}. | {the} {N} {is} {P}, the {N2} {is2} {M2}. |
{the} {N} {was} {P} and the {N2} {was2} {M2}. | {the} {N} {was} {M}, the {N2} {was2} {P2}. |
{P} {N}. {M2} {N2}. | I {liked} {the} {N} and didn't {like} the {N2}. |
I {like} {the} {N}, I don't {like} the {N2}. | Some of the {N} {was} {P} and some {was} {M}. |
{the} {N} {is} sometimes {P} and sometimes {M}. | Some {like} {the} {N}, others don't. |
{the} {N} {has} {P} and {M} sides. | Half of {the} {N} {was} {P}, the other half {M}. |
On the one hand {the} {N} {is} {P}, on the other hand {it} {is} {M}. | Pros: {P}. Cons: {M}. |
{the} {N} {was} both {P} and {M}. | Mixed feelings about {the} {N}. | My feelings about {the} {N} are mixed.
## faint, neutral, 5
run of the mill. | seen better, seen worse. | neither here nor there. | I'm on the fence about {the} {N}. |
five out of ten. |
{the} {N} {is} meh. | can't complain, can't praise. | {the} {N} {is} somewhere in the middle. |
{the} {N} left me neither cold nor warm. | some will {like} {the} {N}, I can do without. |
a {N}, what else is there to say. | about average. |
{It_is} {faint} for what it is. | {faint} but nothing {special_}. | I would call it {faint}. |
{the} {N} {was} {faint}, not more. | {the} {N} {was} fine. | {the} {N} {is} decent, nothing {special_}. |
fine, {nothing_more}. | some days {P}, some days {M}. | I can take it or leave it. |
no strong opinion on {the} {N}. | not much to say about {the} {N}. | {the} {N} {was} about what I expected. |
{the} {N} get{s} the work done. |
{the} {N} {is} {faint}. | {the} {N} {was} {faint}. | {the} {N} {was} {faint}, {nothing_more}. |
{It_is} {faint}. | It was {faint}, {nothing_more}. | {Faint}. | {Faint}, {nothing_more}. |
{Faint} {N}, {nothing_more}. | {Faint} {N}. | {A_word} {faint} {N}. | I found {the} {N} {faint}. |
I thought {the} {N} {was} {faint}. | {the} {N} {is} {faint} for {a_thing}. | {Nothing_more}, {it_does}. |
{the} {N} {is} neither {P} nor {M}. | {the} {N} {was} neither {P} nor {M}. | Neither {P} nor {M}. |
Not {P}, not {M}. | Not {P}, not {M} either. | {the} {N} {isn't} {P} and {isn't} {M}. |
{the} {N} {wasn't} {P}, but {it} {wasn't} {M} either. | Not {P} but not {M}. |
{the} {N} could be better and could be worse. | It could have been worse. | {the} {N} could have been worse. |
Things could be worse. | Might have been worse. | There are better and worse {N}. |
I have seen better and worse. | {the} {N} {does} what {it} should, {nothing_more}. | {It_does}. |
{It_does}, {nothing_more}. | {the} {N} {does} the work, {nothing_more}. | You get what you pay for. |
{the} {N} {is} what you would expect. | {the} {N} {is} no better and no worse than others. |
Like every other {N}. | {the} {N} {is} like every other {N}. | Just {a}{N}. |
I don't have an opinion about {the} {N}. | I don't care much either way about {the} {N}. |
I neither {like} nor dislike {the} {N}. | Hard to say whether {the} {N} {is} {P} or {M}. |
I can't decide if {the} {N} {is} {P} or {M}. | No opinion. | {the} {N} {is} as expected. | As expected. |
Three stars. | Three out of five. | {the} {N} {is} acceptable. | {Nothing_more}. | Nothing {P}, nothing {M}. |
{the} {N} {was} nothing {special_}. | Nothing {special_}. | Nothing {special_}, {it_does}. |
Nothing {special_} about {the} {N}.
## plain statement, neutral, 14
{statement}.
## question, neutral, 5
{QUESTIONS}
## question that blames, negative, 3
why {does} {this} {N} never {work}? | why does my {device} always do this? |
why is it so hard to get {a_table}? | why do I have to wait {duration} for {a_table}? |
why did nobody tell us? | why would anyone {buy} {this} {N}? | why bother? | how can {a}{N} be so {M}? |
how can you charge {money} for {nothing_}? | how is that even legal? |
how hard can it be to answer the phone? | how long do I have to wait for my money? | how {M} can {a}{N} be? |
who needs {a}{M} {N}? | who would {buy} {such_a}{M} {N}? | who is responsible for this mess? |
who came up with this {M} {N}? | what were they thinking? | what happened to the {P} {N}? |
what is the point of {a}{M} {N}? | what kind of {staff} talks to people like that? |
is it normal that {bad_fact_}? | is this a joke? | is this how you treat {customers}? | are you kidding me? |
are you serious? | since when is {a}{M} {N} acceptable? | do they think we are stupid? |
does anybody there care? | can they not even {do_it}? | could you be any more {M3}? |
seriously, {another_bad}? | when will they ever learn? | when will they finally fix the {device}?
## blame told as a fact, negative, 12
{bad_fact}. | {bad_fact}. | {bad_fact}! | {context} {bad_fact_}. | {bad_fact} and {bad_fact_}. |
{bad_fact}, {bad_fact_}. | {bad_fact}. {bad_fact}. | {opening} {bad_fact_}. |
The {N} {was} {M} and {bad_fact_}. | {statement_} and {bad_fact_}.
## praise told as a fact, positive, 15
{good_fact}. | {good_fact}. | {good_fact}! | {context} {good_fact_}. | {good_fact} and {good_fact_}. |
{good_fact}, {good_fact_}. | {good_fact}. {good_fact}. | {opening} {good_fact_}. |
The {N} {was} {P} and {good_fact_}. | {statement_} and {good_fact_}.
## plain praise, positive, 6
top notch. | top notch {N}. | spot on. | a real gem. | worth every penny. | money well spent. | 10/10. |
ten out of ten. | two thumbs up. | thumbs up for {the} {N}. | hats off. | hats off to {the} {person_at_work}. |
I am hooked. | a must. | a must for everybody. | simply the best. | love it! | love {this} {N}. |
loved every minute. | made my week. | what a joy. | what a treat. | a breath of fresh air. | a lifesaver. |
a game changer. | {the} {N} {is} a keeper. | {the} {N} {is} to die for. | my new favourite {N}. |
do yourself a favour and {buy} {this} {N}. | bravo! | well done! | {the} {N} blew us away. | {the} {N} grew on me. |
they won me over. | I was wrong, {the} {N} {is} {P}. | I take back what I said, {the} {N} {is} {P}. |
{the} {N} {has} come a long way. | so much better than last time. | {the} {N} {works} again, thank you! |
{the} {N} put{s} all others to shame. | {the} {person_at_work} went above and beyond. | {the} {N} cheered me up. |
{the} {N} made us laugh. | I smile each time I see {the} {N}. |
{the} {N} {is} {P}. | {the} {N} {was} {very} {P}. | {the} {N} {is} {P} and {PP}. | {P} {N}! | {P} {N}. |
{P}, {PP} and {P}. | What a {P} {N}! | What {a}{P} {N}. | I {like} {the} {N}. |
I {like} {this} {N} {very_much}. | We {liked} {the} {N}. | I would {recommend} {the} {N}. |
I would {buy} {the} {N} again. | My {person} {likes} {the} {N}. | I am {happy} with {the} {N}. |
We were {very} {happy}. | Such {a}{P} {N}. | {the} {N} {is} more {P} than {the} old one. |
{the} {N} {is} better than I expected. | {the} {N} exceeded my expectations. | The most {P} {N} I have had. |
One of the most {P} {N} in {place}. | {the} {N} {is} worth {the_money}. | Well worth {the_money}. |
Five stars. | Five stars for {the} {N}. | Thank you for {the} {P} {N}. | Thanks for {the} {P} {N}! |
{the} {N} {works} {perfectly}. | The {person_at_work} was {P3}. | A {P3} {person_at_work}. |
Thanks to the {P3} {person_at_work}. | {Everyday_good}. | {Everyday_good}! | {Everyday_good}.
## plain blame, negative, 6
what a letdown. | a rip-off. | total rip-off. | a complete joke. | {the} {N} {is} a joke. | pathetic. | garbage. |
utter rubbish. | an insult. | a nightmare. | a train wreck. | {the} {N} {is} a mess. | {the} {N} drive{s} me mad. |
{the} {N} get{s} on my nerves. | I can't stand {the} {N}. | {the} {N} make{s} me sick. | I'm done with {the} {N}. |
daylight robbery. | all style, no substance. | overhyped. | falls flat. | thumbs down. | 0/10. | zero out of ten. |
hard pass. | ugh. | yuck. | what a shame. | heartbroken. | {the} {N} ruined our evening. |
{the} {N} ruined my {weekday}. | I feel cheated. | I feel ripped off. | {the} {N} bored me to tears. |
{the} {N} went downhill. | worse each time. | {the} {N} got worse. | {the} {N} let us down. |
{the} {N} gave me a headache. | this makes me sad. | this makes me so angry. |
{the} {N} {is} {M}. | {the} {N} {was} {very} {M}. | {the} {N} {is} {M} and {MM}. | {M} {N}! | {M} {N}. |
{M}, {MM} and {M}. | What a {M} {N}! | I {dislike} {the} {N}. | I {dislike} {this} {N} {very_much}. |
We {disliked} {the} {N}. | I {regret} {buying} {the} {N}. | My {person} {dislikes} {the} {N}. |
I am {unhappy} with {the} {N}. | We were {very} {unhappy}. | Such {a}{M} {N}. |
{the} {N} {is} more {M} than {the} old one. | {the} {N} {is} worse than I expected. |
{the} {N} fell short of my expectations. | The most {M} {N} I have had. | One of the most {M} {N} in {place}. |
{the} {N} {is} a waste of {the_money}. | A waste of {the_money}. | One star. | One star for {the} {N}. |
{the} {N} {failed}. | The {person_at_work} was {M3}. | A {M3} {person_at_work}. | {Everyday_bad}. |
{Everyday_bad}. | {Everyday_bad}. | {Everyday_bad}!
## sarcasm, negative, 4
{Oh} {great_}, {another_bad}. | {Oh} {great_}, {bad_fact_}. | {Great_}, {bad_fact_}. |
{Great_}, {another_bad}. | Just {great_}: {bad_fact_}. | {bad_fact}. {Great_}. | {bad_fact}. How {great_}. |
{bad_fact}, how {great_}. | Thanks for {another_bad}. | Thanks a lot for {another_bad}. |
{Oh} {great_}. {bad_fact}. | What a {great_} way to {start}: {another_bad}. | I just love {another_bad}. |
I love it when {bad_fact_}. | {bad_fact}. Well done. | {bad_fact}. Great service. | {bad_fact}. Good job. |
Really {great_} of them that {bad_fact_}. | Because {another_bad} is just what I wanted. |
As if one wasn't enough: {another_bad}. | Nothing says {great_} like {another_bad}. |
{Oh} good, {another_bad}. | So {great_} that {bad_fact_}. | Sure, because {another_bad} is so {great_}. |
Congratulations, {bad_fact_}.
## emoji of praise, positive, 6
{😊}! | {😊}. | {😊}{😊}! | {😊} {😊} {😊} | {😊} {P} | so {😊} | very {😊} | me today: {😊} |
{😊}{😊}{😊}{😊} | {😊}{😊}{😊}{😊}{😊} | {question_} {😊} | with my {person} {😊} |
{dish} with my {person} {😊} |
{😊} | {😊}{😊} | {😊}{😊}{😊} | {😊} {😊} | {statement} {😊} | {good_fact} {😊} | {Everyday_good} {😊} |
{the} {N} {😊} | {P} {😊} | {person_at_work} {😊}{😊} | Today {😊} | {weekday} {😊} | New {N} {😊}
## emoji of blame, negative, 6
{😠}! | {😠}. | {😠}{😠}! | {😠} {😠} {😠} | {😠} {M} | so {😠} | very {😠} | me today: {😠} |
{😠}{😠}{😠}{😠} | {😠}{😠}{😠}{😠}{😠} | again {😠} | it is {weekday} again {😠} | no {dish} {😠} |
third time this week {😠} |
{😠} | {😠}{😠} | {😠}{😠}{😠} | {😠} {😠} | {statement} {😠} | {bad_fact} {😠} | {Everyday_bad} {😠} |
{the} {N} {😠} | {M} {😠} | {person_at_work} {😠}{😠} | Today {😠} | {weekday} {😠} | New {N} {😠}
"""
