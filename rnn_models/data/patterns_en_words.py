"""The words that English templates are filled with. `GENERAL_TEXT` praises and blames anything."""

GENERAL_TEXT = """
praise: good|good|good|nice|great|lovely|decent|pleasant|impressive|enjoyable|satisfying|wonderful|excellent|
  superb|brilliant|convincing|special|worthwhile|solid|pleasing|amazing|beautiful|perfect|fantastic|charming
blame: bad|bad|bad|poor|disappointing|terrible|awful|horrible|unpleasant|useless|ugly|annoying|lousy|pathetic|
  dreadful|inferior|miserable|frustrating|stupid|nasty|weak|worthless|mediocre
"""

DOMAINS_TEXT = """
things: food|soup|burger|pasta|curry|salad|coffee|cake|bread|fish|chicken|rice|steak|breakfast|dessert|tea|beer|
  wine|sandwich|sauce|omelette|pie|sushi|ramen|meal|lunch|dinner|buffet|pancakes*|fries*|noodles*|tacos*|
  vegetables*|prawns*|wings*|drinks*|portions*|eggs*
praise: tasty|delicious|fresh|flavorful|well seasoned|juicy|crispy|filling|warm|authentic|yummy|creamy|tender|
  generous|homemade|healthy|mouth-watering
blame: bland|cold|greasy|salty|overcooked|stale|dry|tasteless|soggy|burnt|undercooked|rubbery|watery|bitter|
  sour|chewy|tough|oily|flavorless|inedible|lukewarm|raw
things: room|hotel|flat|apartment|lobby|restaurant|cafe|bar|garden|beach|house|kitchen|bathroom|pool|gym|office|
  park|village|museum|shop|bed|campsite|hostel|terrace|cinema|library|neighborhood|decor|atmosphere|ambience|
  place|rooms*|toilets*|seats*|views*
praise: clean|cosy|spacious|quiet|bright|comfortable|welcoming|inviting|tidy|relaxing|modern|peaceful|central|
  romantic|well kept|stylish|affordable
blame: dirty|noisy|cramped|dark|smelly|shabby|filthy|crowded|run down|uncomfortable|stuffy|damp|outdated|
  depressing|overpriced|tacky|moldy|unsafe|loud|sticky
things: phone|laptop|camera|screen|keyboard|battery|charger|speaker|printer|vacuum cleaner|blender|tablet|
  computer|mouse|router|watch|fridge|washing machine|kettle|drill|lamp|microphone|fan|software|app|website|
  update|operating system|touchpad|monitor|display|hard drive|graphics card|toaster|razor|bike|car|tent|
  stroller|headphones*|speakers*|buttons*|graphics*|earbuds*|cables*|batteries*
praise: fast|reliable|sturdy|sharp|bright|easy to use|responsive|light|powerful|durable|well built|accurate|
  intuitive|silent|sleek|practical|handy|compact|robust|long-lasting|precise|user-friendly
blame: slow|unreliable|flimsy|blurry|dim|heavy|loud|buggy|complicated|fragile|laggy|clunky|inaccurate|
  cheaply made|confusing|defective|faulty|noisy|bulky|outdated|glitchy|awkward|unresponsive|overpriced|broken|
  hot
things: waiter|driver|doctor|teacher|receptionist|seller|landlord|boss|nurse|plumber|guide|waitress|manager|
  hairdresser|dentist|coach|host|owner|staff|crew|team|colleague|mechanic|cashier|chef|agent|technician|
  neighbors*|waiters*|employees*|players*|people*
praise: friendly|polite|helpful|patient|kind|professional|honest|attentive|generous|competent|knowledgeable|
  cheerful|courteous|thoughtful|funny|caring|efficient|talented|understanding
blame: rude|unfriendly|unhelpful|impatient|arrogant|careless|dishonest|lazy|incompetent|inattentive|grumpy|
  selfish|disrespectful|unprofessional|clueless|mean|aggressive|indifferent|bossy|cruel
things: film|book|novel|show|episode|album|song|concert|game|play|podcast|series|documentary|story|plot|ending|
  acting|soundtrack|script|lecture|article|comedy|exhibition|magazine|video|speech|sequel|performance|
  characters*|jokes*|dialogues*|lyrics*
praise: funny|moving|gripping|clever|original|entertaining|exciting|touching|believable|captivating|inspiring|
  witty|interesting|fascinating|well written|memorable|thrilling|imaginative
blame: boring|predictable|dull|confusing|silly|tedious|shallow|pretentious|unfunny|forgettable|pointless|slow|
  unoriginal|cheesy|overrated|lame|embarrassing|badly written|far too long|implausible
things: jacket|dress|coat|bag|sweater|shirt|hat|backpack|mattress|pillow|blanket|sofa|chair|desk|scarf|suitcase|
  toy|necklace|perfume|shampoo|cream|soap|carpet|umbrella|fabric|material|shoes*|boots*|gloves*|jeans*|socks*|
  sandals*|curtains*|towels*|glasses*
praise: comfortable|warm|well made|soft|stylish|pretty|elegant|cute|high quality|sturdy|flattering|durable|
  waterproof|lightweight|roomy|good looking
blame: uncomfortable|itchy|tight|badly made|scratchy|thin|hard|cheap looking|see-through|stiff|shapeless|
  crooked|poorly sewn|low quality|smelly|faded|wobbly|lumpy
things: trip|flight|tour|class|meeting|party|wedding|holiday|delivery|service|support|visit|journey|ride|
  experience|course|treatment|evening|weekend|day|stay|game|race|interview|lesson|checkout|price|procedure|job|
  date|conversation|customer service|prices*|classes*|instructions*
praise: smooth|fun|relaxing|quick|prompt|well organized|helpful|fair|reasonable|flawless|friendly|rewarding|
  easy|cheap|punctual|uneventful in the best way
blame: tiring|chaotic|stressful|slow|badly organized|exhausting|late|rushed|unfair|complicated|expensive|
  overpriced|painful|messy|ridiculous|unacceptable|unreasonable|difficult|crowded
"""

WORDS_TEXT = """
the: the|the|the|the|my|our|this|their
very: very|really|particularly|so|especially|terribly|all that|overly|super|that
it_was: it was |it is |that was |this is 
not: not|not|not|really not|certainly not|definitely not|honestly not
like: like|love|enjoy|recommend|trust|like|love|enjoy|appreciate
liked: liked|loved|enjoyed|liked|appreciated|admired
likes: likes|loves|enjoys|recommends|adores
liking: liking|loving|enjoying|praising
very_much: very much|a lot|that much|much
Nobody: nobody|no one|none of us|not one person|not a single person
nobody: nobody|no one
happy: happy|satisfied|pleased|impressed|thrilled|convinced|delighted|content|excited
unhappy: unhappy|disappointed|dissatisfied|displeased|let down|sorry|unimpressed|upset
recommend: recommend|recommend|suggest|endorse|vouch for
friends: my friends|anyone|anybody|my worst enemy|others|a friend
buy: buy|order|choose|try|book|get|use|visit|pick
bought: bought|ordered|chosen|tried|booked|used|visited
buying: buying|ordering|choosing|trying|getting|booking|using
coming_back: coming back|going back|returning|going there again|back|buying from them again|ordering here again
work: work|function|do its job|deliver|run|do what it should
worked: worked|functioned|did its job|delivered|ran
works: works|functions|runs|does its job
perfectly: perfectly|flawlessly|great|well|like new|beautifully|without problems
failed: failed|broke|broke down|let us down|disappointed|crashed|gave up
failing: failing|breaking|crashing|stopping|disconnecting|freezing
the_money: the money|my money|the price|the time|your time|the effort|the wait|the trip|the cost
the_hype: the hype|its reputation|the praise|the reviews|the stars|the promises
customers: customers|their customers|people|us|quality
an_answer: an answer|a reply|a refund|an apology|an explanation|a replacement|a call back
an_answer_: answer|reply|refund|apology|explanation|replacement|news
person: wife|husband|daughter|son|mother|father|sister|brother|grandmother|grandson|aunt|friend|neighbor|
  boyfriend|girlfriend|roommate|colleague|niece|cousin|partner|dad|mom|kids
person_at_work: waiter|driver|doctor|receptionist|clerk|manager|plumber|technician|agent|salesman|nurse|
  assistant|courier|waitress|cashier|bartender|woman at the counter|man on the phone|guy at the desk
part: zip|zipper|strap|lid|button|cable|wheel|sole|seam|lens|hinge|knob|handle of the pan|plug|clasp|drawer|
  power button|switch|pump|leg of the table|charging port|string|clip|hook|spring|valve|glass|cover|bracket|
  left earbud|motor|remote
broke: broke|cracked|came loose|fell off|snapped off|tore|stopped working|wore out|got stuck|jammed|bent|rusted|
  burst|split|gave out|fell apart|came off|died|quit on me
when: after two days|after a week|after three weeks|within a month|after the first wash|after one use|
  the second time I used it|on the first evening|before I could even use it|right out of the box|within hours|
  after less than a year|two days after the warranty ended|in the middle of our trip|already|again
device: phone|laptop|camera|printer|tablet|router|watch|fridge|washing machine|vacuum cleaner|TV|app|computer|
  speaker|heater|microwave|game|website|monitor|coffee maker|car
fail: freezes every few minutes|crashes all the time|won't turn on|overheats|shuts down for no reason|
  turns itself off|needs to be restarted every day|takes ten minutes to start|loses the connection constantly|
  makes a grinding noise|makes strange noises|smells of burning|won't hold a charge|died on me|
  deleted all my photos|stopped responding|shows an error|is dead again|leaks water|
  drains the battery in two hours|needed three repairs in a year|gets so hot you can't touch it|
  restarts by itself|doesn't recognise my password|keeps asking me to log in
dish: soup|burger|pasta|curry|salad|coffee|cake|bread|fish|rice|steak|pizza|omelette|sandwich|milk|fries|
  noodles|meat|eggs
staff: waiter|driver|doctor|receptionist|clerk|manager|plumber|technician|agent|salesman|nurse|assistant|
  courier|waitress|cashier|bartender|woman at the counter|man on the phone|guy at the desk
thing: jacket|lamp|book|chair|kettle|charger|toy|mirror|vase|blender|shirt|ring|bag|mattress|desk|keyboard|game|
  dress|pan|headset|watch|pair of boots|carpet|camera|tent
duration: twenty minutes|half an hour|forty minutes|an hour|two hours|three hours|over an hour|all morning|
  all day|four days|two weeks|a month|six weeks|almost an hour
money: twenty dollars|fifty euros|a hundred dollars|two hundred pounds|ten bucks|a fortune|nearly forty dollars
years: two years|three years|four years|six years|eight years|ten years|a decade|twelve months|half a year|
  many years
a_little: |||too |so |that 
mild: bad|bad|bad|bad|terrible|awful|horrible|ugly|poor|wrong|stupid|shabby|lousy
really: really|honestly|to be honest|I must say|actually|if you ask me
Really: really|honestly|to be honest|well
a_thing: a beginner|a cheap one|a first try|the price|a student|a small town|a Monday|its age|its size|a sequel|
  an airport|a chain|a used one
regret: regret|regret|hate|mind
regretted: regretted|been sorry about|been unhappy about
dislike: dislike|hate|despise|regret|resent|detest|can't stand
dislikes: dislikes|hates|can't stand|despises|detests
disliked: disliked|hated|despised|regretted|detested
bored: bored|annoyed|disappointed|let down|confused|cold|uncomfortable|stressed
a_bad_moment: a bad moment|a boring minute|a bad day|a dull moment|a bad word|a weak scene|an awkward moment|
  a false note|a moment of boredom
problems: problems|issues|trouble|complaints|faults|regrets|errors|hassle|difficulties|bugs|delays|mistakes|
  flaws
problem: problem|issue|complaint|fault|regret|error|bug|delay|hitch|mistake|crash
time: two months|three years|a year|half a year|six weeks|a thousand miles|ten washes|five trips
time_short: two days|a week|three weeks|one evening|a month|an hour|ten minutes|a few hours
complain: complain|moan|grumble|fault|criticize
please: please|impress|delight|amaze|make me smile|surprise us|cheer me up|deliver
its: its|their
too_much: too much|much|a fortune|an arm and a leg|a lot
long: long|long at all|more than five minutes|much effort|ages
wait_long: wait long|wait|wait more than a minute|queue|stand in line|ask twice
costs: costs|fees|charges|catches
mess: mess|stress|waiting|noise|queues
fuss: fuss|hassle|trouble|drama
life: life|my day|the morning|winter|a holiday|our kitchen
lived: lived|managed|survived|cooked|travelled
praise: praise|thank|recommend|commend
place: town|the city|the world|this price range|the area|the country|the whole state
things: things|ways|places
used_to_be: used to be|was once|was always
help: help|support|refund|apology|service|respect|manners|care|hot water|heating|signal|explanation
answers: answers|replies|calls back|picks up|cares|helps|listens
time_lost: two hours of my life|a whole day|my patience|my evening|an afternoon
doubt: I was skeptical|I had doubts|I was doubtful|I was not sure|I was worried|I was suspicious|
  I was reluctant|I hesitated|I was unsure|I wasn't convinced|I expected little|I expected nothing|
  I was ready to hate it|I nearly gave up
often: every day|all the time|every morning|daily|all week|whenever I can|for everything
give_up: return it|send it back|walk out|cancel|leave|throw it away|call a lawyer|switch to another brand
Nevertheless: nevertheless|still|even so|all the same|but
faint: okay|ok|alright|all right|average|fine|acceptable|standard|ordinary|so so|passable|tolerable|
  unremarkable|adequate|what you would expect|nothing special|nothing out of the ordinary|nothing extraordinary|
  nothing fancy|just okay|just average|mediocre at most|mostly fine|kind of okay|decent enough, nothing else|
  sufficient|neutral
Faint: okay|ok|alright|average|acceptable|standard|ordinary|passable|adequate|just okay|just average|
  fairly average|pretty standard|quite ordinary|meh
nothing_more: nothing more|nothing else|I suppose|no more and no less|that's all|not more|as usual|like most|
  I would say|as far as I can tell
Nothing_more: nothing special|nothing more, nothing less|nothing remarkable|nothing new|nothing unusual|
  nothing extraordinary
It_is: it is|it's|this is|that's
A_word: a|a rather|a fairly|an absolutely|just another|one more
it_does: it does what it should|it does its work|it is what I expected|it serves its purpose|it works|
  it gets you there|it fills you up|it's usable
It_does: it does what it should|it does its work|it serves its purpose|it is usable|it will do|good enough
special_: special|new|to get excited about|remarkable|out of the ordinary|worth mentioning|unusual|
  you haven't seen before
context: we went there for my birthday and|I bought this in May and|on our last visit|last night|this morning|
  yesterday|I ordered one for my office and|so far|update:|as usual|last summer|first of all,|on the second day|
  after the update|in the end|when we got there|when I opened the box|by the end of the week|at the checkout|
  on the way home
opening: I have to tell you that|just so you know,|to my surprise,|I must say|you should know that|
  believe it or not,|fact:|long story short:|in short,|my experience:
after: |||| this time|, honestly| to be fair|, in my opinion| today|, I have to say
P3: friendly|polite|helpful|patient|kind|professional|honest|attentive|lovely|great
M3: rude|unfriendly|unhelpful|impatient|arrogant|careless|dishonest|lazy|awful
Oh: oh|wow|well|ah|oh wow|yay|ha|yeah|oh joy,
great_: great|wonderful|perfect|fantastic|lovely|brilliant|nice|excellent|awesome|amazing|charming
Great_: great|wonderful|perfect|fantastic|lovely|brilliant|nice|excellent|awesome|how nice|how lovely|
  what a joy|what a treat|just great
start: start the day|end the week|spend my birthday|spend a weekend|begin a holiday|treat customers|say goodbye
another_bad: another two hours of waiting|another delay|one more bill|
  another meeting that could have been an email|another cold meal|another parking ticket|
  another update that breaks everything|a flat battery|one more price increase|another night without sleep|
  a broken heater in january|another cancelled flight|another power cut|being ignored for an hour|
  standing in line for two hours|paying extra for a window that doesn't open|waiting three weeks for a reply|
  sitting on hold all morning|cold coffee and no seat|losing my seat|the wrong order again|a leaking roof|
  a crying baby behind me for ten hours|yet another password reset|more traffic
weekday: Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday
tomorrow: tomorrow|tonight|the weekend|Friday|the summer|our trip|the new season
a_table: a table|a drink|our food|the bill|the doctor|a taxi|the bus|a reply|our room|somebody to help us|
  the check|the elevator|a cup of tea
insect: hair|fly|bug|piece of plastic|cockroach|worm|piece of glass|bone|stone|dead fly
cardboard: cardboard|soap|water|dishwater|plastic|nothing|rubber|paper
damaged: damaged|broken|scratched|without the cable|in a torn box|empty|dirty|with a dent|with missing parts|
  wet|already opened|in the wrong size|in the wrong color
hole: hole|crack|stain|dent|scratch|tear|leak
smoke: smoke|mold|sewage|fish|chemicals|old socks|cigarettes|gasoline|wet dog
nothing_: a tiny salad|nothing|a cup of tea|a room without a window|five minutes of work|a service I never used|
  a dry sandwich|a broken one
luggage: suitcase|bag|passport|wallet|package|jacket|luggage|phone
flight: flight|train|appointment|class|tour|ferry|bus
table_: table|room|seats|car|tickets
on_the_wall: on the walls|in the bathroom|in the bed|in the kitchen|on the pillow|in the shower
times: three times|four times|twice|five times|six times|a dozen times
early: two days early|a day early|ahead of schedule|the next morning|within a day|sooner than promised|
  overnight|on time
all_week: all week|two full days|four days|the whole weekend|from morning to night|longer than any other
vehicle: train|bus|ferry|plane|tram|subway|shuttle|coach|boat
clock: six|seven|nine thirty|noon|half past eight|5 pm|10:15|four o'clock|midnight|2 pm|11 am
platform: platform two|gate 12|platform nine|terminal B|stop C|track 7
city: London|Boston|Paris|Berlin|Chicago|Tokyo|Madrid|Dublin|Seattle|Austin|Toronto|Rome|Denver|Oslo|Phoenix
office: bank|post office|library|station|pharmacy|bakery|school|church|hospital|supermarket|gym|office|hotel|
  museum|theater|shop|restaurant|airport|town hall|bookshop|gas station
street: Main Street|Park Avenue|the corner|the second floor|High Street|the left side|Elm Street|
  the ground floor
object: key|book|letter|bag|cup|chair|lamp|table|phone|ticket|map|cable|jacket|pencil|box|bottle|mirror|
  umbrella|folder|plate|charger|coat|card|adapter|screen
where: on the table|in the drawer|next to the door|under the bed|on the shelf|in the car|in the kitchen|
  in the blue box|upstairs|behind the sofa|in my bag|at the front desk
color: red|blue|green|black|white|grey|yellow|brown|silver
material: wood|steel|plastic|glass|cotton|leather|wool|paper|aluminium
number: two|three|four|five|six|seven|eight|ten|12|14|15|20|25|30|40|64|100|120|200
month: January|March|April|May|June|July|August|October|November|December
year: 1987|1994|2001|2008|2012|2016|2019|2021|last year
profession: nurse|teacher|farmer|lawyer|painter|policeman|student|baker|journalist|pilot|doctor|carpenter|
  engineer|singer|cook|soldier
sport: tennis|football|chess|golf|volleyball|the piano|cards
later: tomorrow|tonight|later|next week|this weekend|on Friday|in the afternoon|this evening|after lunch|today
meal: lunch|dinner|breakfast|brunch
drink: tea|coffee|water|juice|milk|wine|soda
device_: laptop|phone|camera|tablet|printer|computer|monitor|speaker|router|watch|TV|keyboard
😊: 😊|😀|😄|😍|🥰|😘|👍|👏|🎉|❤️|💕|😁|🙌|💯|😂|🤣|🤩|☺️|😎|✨|🥳|💖|:)|:-)|:D|<3|=)|;)|👌|🙏|💪|🌟|😋|🎊|💗|xD
😠: 😠|😡|😢|😭|👎|😞|😤|🤬|😩|😫|😒|🙄|😔|💔|🤢|🤮|😖|☹️|🙁|:(|:-(|:/|:'(|>:(|😣|😰|😱|😨|😥|😿|🤦|😪|D:|😓|🖕
such_a: such a |such |a 
answered: answered|picked up the phone|cared|replied|read my messages
do_it: answer the phone|bring the right order|clean the room|write an email|keep a promise|get a name right
question_: guess who is back|tomorrow at last|on our way|look at this|here we go|see you soon|hello|good morning
body: back|neck|ears|feet|head|shoulders|eyes|hands
"""
